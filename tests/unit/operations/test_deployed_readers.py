"""Which caller opens the readers of a deployed twin, by what the deployment says of itself."""

import re
import sys
from pathlib import Path

import pytest

from tests.golden.cases import CASES
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.rigs.vendor_processes import need_package
from twin2multicloud import clouds
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.deployed_readers import open_readers
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.render import render

PACKAGES = {AWS: "boto3", AZURE: "azure.identity", GCP: "google.auth"}


def outputs_of(case):
    """What a deployment of a twin would say, its references as they are."""
    found = {name: each["value"] for name, each in render(plan(case))["output"].items()}
    return {**found, "aws_region": "eu-central-1"}


@pytest.mark.parametrize("case", [each for each in CASES if "events" not in each])
def test_what_is_rendered_is_enough_to_open_the_readers(case):
    need_package(PACKAGES[CASES[case].placement.l3_hot])
    assert isinstance(open_readers(CASES[case], outputs_of(CASES[case])), HotReaders)


@pytest.mark.parametrize("cloud", ALL)
def test_where_the_hot_store_is_not_deployed_nobody_is_asked(cloud):
    other = next(each for each in ALL if each != cloud)
    asked = twin(Placement.single(cloud))
    with pytest.raises(ConfigurationError, match=f"kept on {label_of(cloud)}, and no reader is deployed there"):
        open_readers(asked, outputs_of(twin(Placement.single(other))))


def test_no_function_carries_a_caller():
    """It is the operator's; nothing that a bundle holds imports it."""
    sources = [path for path in Path(clouds.__file__).parent.rglob("*.py") if path.name != "invocation.py"]
    assert len(sources) > 20
    assert not [path for path in sources if re.search(r"import caller|\.caller import", path.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("cloud", "package"),
    [(AWS, "boto3"), (AZURE, "azure.identity"), (GCP, "google.auth.transport.requests")],
)
def test_without_its_sdk_it_is_said_what_to_install(cloud, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    asked = twin(Placement.single(cloud))
    with pytest.raises(ConfigurationError, match=rf"twin2multicloud\[{cloud}\]"):
        open_readers(asked, outputs_of(asked))
