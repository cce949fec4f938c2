"""Payloads, topics and gateways of a project: what they become, and what does not fit together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.domain.payload import Payload, PropertyPath
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.payloads import offset_changes

PROPERTIES = [{"name": "power", "data_type": "DOUBLE"}, {"name": "serial", "data_type": "STRING", "constant": "x"}]


def project(folder: Path, cloud: Cloud = AWS, config: Any = None, device: Any = None, **plug: Any) -> Twin:
    """A twin with the device `plug-1` of a type that says this of its messages."""
    devices = {
        "types": {"plug": {"properties": PROPERTIES, **plug}},
        "devices": [{"id": "d1", "type": "plug"}, {"id": "plug-1", "type": "plug", **(device or {})}],
    }
    where = placement(cloud, AWS, AWS)
    return load_project(write_project(folder / "p", where, config_iot_devices=devices, config=config or {})).twin


def findings(folder: Path, cloud: Cloud = AWS, **said: Any) -> list[str]:
    with pytest.raises(InvalidProjectError) as refused:
        project(folder, cloud, **said)
    return [str(each).removeprefix("config_iot_devices.json: ") for each in refused.value.findings]


def test_a_word_is_a_preset_and_flat_is_none(tmp_path: Path) -> None:
    assert project(tmp_path / "1", payload="ttn").catalog.types[0].payload == Payload(preset="ttn")
    assert project(tmp_path / "2", payload="flat").catalog.types[0].payload is None
    assert project(tmp_path / "3").catalog.payloads == ()


def test_a_mapping_says_where_everything_is(tmp_path: Path) -> None:
    said = {
        "each": "data", "time": "when", "values": "v",
        "properties": {"power": {"path": "p", "scale": 0.1, "offset": -40, "optional": True}},
    }  # fmt: skip
    assert project(tmp_path, payload=said).catalog.types[0].payload == Payload(
        preset="mapping",
        each="data",
        time="when",
        values="v",
        properties={"power": PropertyPath(path="p", scale=0.1, offset=-40, optional=True)},
    )


def test_local_times_are_of_the_projects_zone(tmp_path: Path) -> None:
    twin = project(tmp_path, config={"time_zone": "Europe/Berlin"}, payload="tasmota")
    assert twin.catalog.payloads[0].local_time == offset_changes("Europe/Berlin")
    assert offset_changes("UTC") == ((-(1 << 40), 0),)


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2100, 12, 30)),  # noqa: DTZ001 - made aware below
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
)
def test_the_changes_of_a_zone_are_those_of_its_rules(moment: datetime, name: str) -> None:
    second = int(moment.replace(tzinfo=UTC).timestamp())
    offset = next(offset for begin, offset in reversed(offset_changes(name)) if begin <= second)
    assert timedelta(seconds=offset) == datetime.fromtimestamp(second, ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize(("zone", "notes"), [({}, 1), ({"time_zone": "Europe/Berlin"}, 0)])
def test_local_times_without_a_zone_are_noted(tmp_path: Path, zone: dict[str, str], notes: int) -> None:
    project(tmp_path, config=zone, payload="tasmota")
    said = [each for each in load_project(tmp_path / "p").notes if "local times are read as UTC" in each]
    assert len(said) == notes


def test_topics_are_in_the_plan_with_what_they_become(tmp_path: Path) -> None:
    said = {"topics": ["tele/+/SENSOR", "{device}/x"], "ignored_topics": ["stat/#"], "device": {"gateway": True}}
    on_aws, on_gcp = (plan(project(tmp_path / cloud, cloud, **said)) for cloud in (AWS, GCP))
    assert [(each.pattern, each.read, each.becomes) for each in on_aws.topics] == [
        ("tele/+/SENSOR", True, "an IoT rule, and the right to publish in the devices' IoT policy"),
        ("{device}/x", True, "an IoT rule, and the right to publish in the devices' IoT policy"),
        ("stat/#", False, "the right to publish in the devices' IoT policy; no rule"),
    ]
    assert on_gcp.topics[0].becomes == "a path of the device gateway, POST /topics/<topic>; there is no MQTT"
    assert on_gcp.topics[2].becomes == "a path of the device gateway, answered and dropped"
    assert on_aws.gateways == on_gcp.gateways == ("plug-1",)


def test_what_a_cloud_cannot_do_is_refused_with_a_sentence(tmp_path: Path) -> None:
    said = {"topics": ["tele/+/SENSOR"], "device": {"gateway": True}}
    topic, gateway = findings(tmp_path, AZURE, **said)
    assert topic.startswith(
        'types.plug.topics[0]: found "tele/+/SENSOR", expected none with L1 there; IoT Hub has static'
    )
    assert gateway == (
        "devices[1].gateway: found a gateway, expected none with L1 there; a connection there is one device's: let the "
        "gateway open one for each, or place L1 on another cloud"
    )


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        (
            {"payload": "tasmoto"},
            'types.plug.payload: found "tasmoto", expected one of flat, csv-line, mapping, senml, shelly, sparkplug, '
            'tasmota, thingsboard, ttn, value, zigbee2mqtt; did you mean "tasmota"?',
        ),
        (
            {"payload": {"preset": "ttn", "each": "data"}},
            'types.plug.payload.each: found "each", expected only with the preset "mapping"',
        ),
        (
            {"payload": {"preset": "tasmota", "properties": {"powr": "ENERGY.Power"}}},
            'types.plug.payload.properties.powr: found "powr", expected a property of the type; did you mean "power"?',
        ),
        (
            {"payload": {"preset": "csv-line", "columns": ["time", "powr"]}},
            'types.plug.payload.columns[1]: found "powr", expected a property of the type, time or -',
        ),
        (
            {"payload": "value", "properties": [*PROPERTIES, {"name": "n", "data_type": "LONG"}]},
            'types.plug.payload: found "value", expected a type with one property that is sent, this one has 2',
        ),
        (
            {"topics": ["a/+/+"]},
            'types.plug.topics[0]: found "a/+/+", expected one place of the device: {device}, or a single +',
        ),
        (
            {"topics": ["tele/+/SENSOR", "tele/plug-1/+"]},
            'types.plug.topics[1]: found "tele/plug-1/+", which matches topics of "tele/+/SENSOR", expected each topic '
            "once",
        ),
        (
            {"topics": ["{device}/a/b/telemetry"]},
            'types.plug.topics[0]: found "{device}/a/b/telemetry", expected a topic that does not match '
            "dt/+/+/telemetry, where all devices publish",
        ),
        (
            {"topics": ["dt/x"]},
            'types.plug.topics[0]: found "dt/x", expected a topic whose levels are words, + or {device}, not below dt/',
        ),
        (
            {"ignored_topics": ["+/#"]},
            'types.plug.ignored_topics[0]: found "+/#", expected a topic that does not match dt/+/+/telemetry, where '
            "all devices publish",
        ),
        (
            {"config": {"time_zone": "Europe/Berln"}},
            'config.json: time_zone: found "Europe/Berln", expected a time zone of this machine; '
            'did you mean "Europe/Berlin"?',
        ),
    ],
)
def test_what_does_not_fit_together_is_one_sentence(tmp_path: Path, said: dict[str, Any], finding: str) -> None:
    assert findings(tmp_path, **said) == [finding]
