"""The port of a twin and its two adapters: what both give, what opening them costs, and which readers are opened."""

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.golden.cases import CASES
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.invocation import RigInvocation
from tests.rigs.twins import CATALOG, twin
from tests.rigs.vendor_processes import need_package
from twin2multicloud import clouds
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.errors import ConfigurationError, FinalError, TwinError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.host.deployment import prepare
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.deployed_twin import open_readers
from twin2multicloud.operations.twin import ReadableTwin, open_twin
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template
from twin2multicloud.terraform.render.render import render

DEVICE = "boiler-1"
PACKAGES = {AWS: "boto3", AZURE: "azure.identity", GCP: "google.auth"}


def outputs_of(case):
    """What a deployment of a twin would say, its references as they are."""
    found = {name: each["value"] for name, each in render(plan(case))["output"].items()}
    return {**found, "aws_region": "eu-central-1"}


class MemoryTwin(ReadableTwin):
    """A twin whose readers say what they are asked for."""

    def __init__(self, catalog, undeclared=()):
        self.asked = []
        self._catalog = catalog
        latest = {name: {"propertyValue": {"doubleValue": 1.5}} for name in undeclared}
        self._readers = HotReaders(
            RigInvocation(
                {
                    "hot-reader": lambda asked: self.asked.append(asked) or {"propertyValues": [], "nextToken": None},
                    "hot-reader-last-entry": lambda _: {"propertyValues": latest},
                }
            )
        )

    @property
    def catalog(self):
        return self._catalog

    @property
    def readers(self):
        return self._readers


@pytest.mark.parametrize(
    ("aggregate", "names"),
    [
        (None, ["temperature", "humidity", "total", "pressure"]),
        ("min", ["temperature", "humidity", "total", "pressure"]),
        ("last", ["temperature", "humidity", "total", "mode", "on", "manufacturer", "pressure"]),
    ],
)
def test_buckets_are_asked_of_what_may_have_them(aggregate, names):
    memory = MemoryTwin(CATALOG, ["pressure"])
    memory.history("sensor-1", every=timedelta(minutes=5), aggregate=aggregate)
    (asked,) = memory.asked
    assert (asked["selectedProperties"], asked["every"]) == (names, "300000ms")
    assert asked.get("aggregate") == aggregate


def test_a_device_without_numbers_has_no_mean():
    door = DeviceType(name="door", properties=(Property(name="open", data_type=DataType.BOOLEAN),))
    memory = MemoryTwin(DeviceCatalog(types=(door,), devices=(Device(id="d1", type="door"),)))
    with pytest.raises(FinalError, match="d1 has no property that is a number; ask for last or count"):
        memory.history("d1", every="1h")
    memory.history("d1", every="1h", aggregate="count")
    memory.history("d1")
    assert [asked["selectedProperties"] for asked in memory.asked] == [["open"], ["open"]]
    assert "every" not in memory.asked[1]


@pytest.mark.parametrize("case", [each for each in CASES if "events" not in each])
def test_what_is_rendered_is_enough_to_open_the_readers(case):
    need_package(PACKAGES[CASES[case].placement.l3_hot])
    assert isinstance(open_readers(CASES[case], outputs_of(CASES[case])), HotReaders)


@pytest.mark.parametrize("cloud", ALL)
def test_where_the_hot_store_is_not_deployed_nobody_is_asked(cloud):
    other = next(each for each in ALL if each != cloud)
    asked = twin(Placement.single(cloud))
    with pytest.raises(ConfigurationError, match=f"no function .* is deployed on {label_of(cloud)}"):
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


@pytest.fixture
def folder(tmp_path):
    write_template("smart-home", tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def local(folder):
    """As `t2mc up` leaves it before a process starts."""
    prepare(load_project(folder))
    return open_twin(folder, deployed=False)


def test_both_know_the_same_devices_and_keep_their_files_apart(folder, local):
    deployed = open_twin(folder, deployed=True)
    assert list(local.catalog.ids()) == list(deployed.catalog.ids())
    assert local.files.root != deployed.files.root
    assert local.gateway_label == f"the {deployed.gateway_label} of this machine"


@pytest.mark.parametrize("asked", ["readers", "gateway"])
def test_a_deployed_twin_is_looked_up_once_somebody_asks_it(folder, asked):
    deployed = open_twin(folder, deployed=True)
    assert (deployed.notes, deployed.explain_sign_in([DEVICE])) == ((), ())
    with pytest.raises(TwinError, match="nothing is deployed from"):
        getattr(deployed, asked)


def test_a_local_twin_that_is_not_up_says_so(folder, local):
    assert local.notes == (f"the twin is not up; `t2mc up {folder}` starts it",)


def test_what_a_local_device_signs_in_with_is_written_and_not_shown(local):
    device = next(iter(local.catalog.ids()))
    lines = local.explain_sign_in([device])
    key = (local.files.folder(device) / "key.txt").read_text(encoding="utf-8")
    assert [line.split()[0] for line in lines] == ["mosquitto_pub", "curl"]
    assert key
    assert not any(key in line for line in lines)
    local.gateway.registry.remove([device])
    with pytest.raises(FinalError, match="is not registered"):
        local.explain_sign_in([device])
