"""Rendering as a whole: pure, and with names that every service takes, whatever the twin is called."""

import json
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.unit.terraform.render.laws import names_fit
from twin2multicloud.costs.gcp_tariff import GATEWAY_CONCURRENCY
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform import render as package
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import fitted, letters_and_digits, single_dashes
from twin2multicloud.terraform.render.render import BACKENDS, Backend, render

THREE = Placement.of(dict(zip(Slot, [AWS, AZURE, GCP, *[AWS] * 4], strict=True)))
RENDER = Path(package.__file__).parent
TWIN_NAMES = st.from_regex(r"[a-z][a-z0-9-]{1,14}", fullmatch=True)


def test_the_same_topology_gives_the_same_text():
    topology = plan(twin(THREE))
    assert json.dumps(render(topology)) == json.dumps(render(topology))


@given(TWIN_NAMES, st.sampled_from([THREE, *map(Placement.single, ALL)]))
def test_names_fit_whatever_the_twin_is_called(name, placement):
    topology = plan(twin(placement, name=name))
    config = render(topology)
    assert list(names_fit(topology, config)) == []
    for body in config["resource"].get("azurerm_storage_account", {}).values():
        assert re.fullmatch(r"[a-z0-9]{3,24}", body["name"].replace("${random_string.suffix.result}", "abc123"))
    queues = [body["name"] for body in config["resource"].get("azurerm_storage_queue", {}).values()]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in queues)
    assert len(queues) == len(set(queues))
    rules = config["resource"].get("aws_iot_topic_rule", {})
    assert all(re.fullmatch(r"\w+", body["name"], re.ASCII) for body in rules.values())


@given(st.text(string.ascii_lowercase + "-", min_size=1, max_size=80), st.integers(8, 60))
def test_a_fitted_name_fits_and_stays_itself_where_it_can(name, limit):
    found = fitted(name, limit)
    assert len(found) <= limit
    assert (found == name) == (len(name) <= limit)


def test_names_that_start_alike_stay_apart():
    assert fitted("house-hot-reader-last-entry", 18) != fitted("house-hot-reader-last-exit", 18)
    assert letters_and_digits("house-hot-reader-last-entry", 18).isalnum()
    assert single_dashes("a--b-") == "a-b"


@pytest.mark.parametrize("kind", BACKENDS)
def test_state_is_kept_where_it_is_said(kind):
    config = render(plan(twin(THREE)), Backend(kind, {"b": "2", "a": "1"}))
    assert config["terraform"]["backend"] == {kind: {"a": "1", "b": "2"}}


def test_an_unknown_backend_is_refused():
    with pytest.raises(ConfigurationError, match="unknown state backend 'floppy'"):
        render(plan(twin(THREE)), Backend("floppy"))


def test_an_address_is_declared_once():
    config = Configuration()
    config.resource("aws_sqs_queue", "a", name="x")
    with pytest.raises(ValueError, match=r"aws_sqs_queue\.a is declared twice"):
        config.resource("aws_sqs_queue", "a", name="y")


def test_the_device_gateway_is_deployed_as_it_is_priced():
    config = render(plan(twin(Placement.single(GCP))))
    (service,) = config["resource"]["google_cloudfunctions2_function"]["device_gateway"]["service_config"]
    assert service["max_instance_request_concurrency"] == GATEWAY_CONCURRENCY
    assert service["environment_variables"]["THREADS"] == str(GATEWAY_CONCURRENCY)
    assert (service["available_cpu"], service["available_memory"]) == ("1", "512Mi")


@pytest.mark.parametrize("cloud", ALL)
def test_a_cloud_that_holds_nothing_of_the_slice_costs_nothing(cloud):
    """L5 alone brings no resource, no provider and no variable of its cloud."""
    other = next(each for each in ALL if each != cloud)
    placement = Placement.of({slot: cloud if slot is Slot.L5 else other for slot in Slot})
    config = render(plan(twin(placement)))
    assert not [name for name in config["variable"] if name.startswith(f"{cloud}_")]
    assert not [name for name in config["output"] if name.startswith(f"{cloud}_")]


def test_the_three_clouds_have_the_same_files():
    """Same job, same file name; and one never imports another."""
    files = {cloud: {path.name: path for path in (RENDER / f"on_{cloud}").glob("*.py")} for cloud in ALL}
    served = {"twin_service.py"}  # on the third it is our own function
    assert files[AWS].keys() == files[AZURE].keys() == files[GCP].keys() | served > {"functions.py"}
    assert not served & files[GCP].keys()
    for cloud, found in files.items():
        others = [f"render.on_{each}" for each in ALL if each != cloud]
        text = "".join(path.read_text(encoding="utf-8") for path in found.values())
        assert not [each for each in others if each in text]


def test_a_new_subscription_gets_cosmos_db_where_azure_is_by_default():
    """westeurope refuses it to new ones."""
    assert render(plan(twin(THREE)))["variable"]["azure_location"]["default"] == "northeurope"
