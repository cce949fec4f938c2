"""Topics that a project adds, and gateways: rules and policies on AWS, the gateway's environment on Google Cloud."""

import json
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.unit.terraform.render.laws import LAWS
from twin2multicloud.domain.device import Device
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.render.render import render
from twin2multicloud.terraform.render.schema_check import mismatches

TOPICS = ("tele/+/SENSOR", "v3/+/devices/{device}/up", "v1/gateway/telemetry")
IGNORED = ("tele/+/LWT", "stat/#")
SELECT = "SELECT encode(*, 'base64') AS body, {} AS device_id, timestamp() AS received_at FROM '{}'"


def planned(cloud: Cloud) -> Topology:
    house = twin(Placement.single(cloud))
    (thermostat,) = house.catalog.types
    catalog = msgspec.structs.replace(
        house.catalog,
        types=(msgspec.structs.replace(thermostat, topics=TOPICS, ignored_topics=IGNORED),),
        devices=(*house.catalog.devices, Device(id="bridge", type="thermostat", gateway=True)),
    )
    return plan(msgspec.structs.replace(house, catalog=catalog))


def publishing(config: dict[str, Any], policy: str) -> list[str]:
    """What a policy lets be published, without the account's part."""
    statements = json.loads(config["resource"]["aws_iot_policy"][policy]["policy"])["Statement"]
    return [
        resource.rsplit(":topic/", 1)[1]
        for each in statements
        if each["Action"] == ["iot:Publish"]
        for resource in each["Resource"]
    ]


@pytest.mark.parametrize("cloud", [AWS, GCP])
def test_they_fit_the_schemas_and_keep_the_laws(cloud: Cloud) -> None:
    topology = planned(cloud)
    config = render(topology)
    assert list(mismatches(config, schemas.load())) == []
    assert [why for law in LAWS for why in law(topology, config)] == []


def test_each_topic_that_is_read_is_a_rule_that_knows_the_device() -> None:
    resources = render(planned(AWS))["resource"]
    assert [each["sql"] for each in resources["aws_iot_topic_rule"].values()] == [
        SELECT.format("topic(3)", "dt/house/+/telemetry"),
        SELECT.format("topic(2)", "tele/+/SENSOR"),
        SELECT.format("topic(4)", "v3/+/devices/+/up"),
        SELECT.format("clientid()", "v1/gateway/telemetry"),
    ]
    targets = [action for rule in resources["aws_iot_topic_rule"].values() for action in rule["sqs"]]
    assert {each["queue_url"] for each in targets} == {"${aws_sqs_queue.dispatcher.url}"}
    assert {each["role_arn"] for each in targets} == {"${aws_iam_role.device_gateway.arn}"}


def test_a_device_publishes_as_itself_and_a_gateway_for_all() -> None:
    config = render(planned(AWS))
    thing = "$${iot:Connection.Thing.ThingName}"
    assert publishing(config, "devices") == [
        f"dt/house/{thing}/telemetry",
        f"tele/{thing}/SENSOR",
        f"v3/*/devices/{thing}/up",
        "v1/gateway/telemetry",
        f"tele/{thing}/LWT",
        "stat/*",
    ]
    assert publishing(config, "gateways") == [
        "dt/house/*/telemetry",
        "tele/*/SENSOR",
        "v3/*/devices/*/up",
        "v1/gateway/telemetry",
        "tele/*/LWT",
        "stat/*",
    ]
    assert config["output"]["aws_gateways"]["value"] == "bridge"


def test_the_device_gateway_of_our_own_has_them_in_its_environment() -> None:
    function = render(planned(GCP))["resource"]["google_cloudfunctions2_function"]["device_gateway"]
    environment = function["service_config"][0]["environment_variables"]
    assert environment["DEVICE_TOPICS"] == ",".join(TOPICS)
    assert environment["IGNORED_TOPICS"] == ",".join(IGNORED)
    assert environment["DEVICE_GATEWAYS"] == "bridge"


def test_iot_hub_has_no_topics_of_a_device_and_says_so() -> None:
    with pytest.raises(ConfigurationError, match="IoT Hub has static topics"):
        planned(AZURE)
