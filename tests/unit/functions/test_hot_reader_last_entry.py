"""The last-entry reader: latest values as TwinMaker's map, constants and initial values included."""

import pytest

from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.payloads import payload
from tests.rigs.readings import reading as rig_reading
from tests.rigs.twins import CATALOG, HIERARCHY, fleet
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.storage.hot_reader_last_entry import HotReaderLastEntry


def reading(minute: int, device: str = "sensor-1", **values) -> Reading:
    key = {"device_id": device, "timestamp": f"2026-01-15T10:{minute:02}:00.000Z", "message_id": "m"}
    return rig_reading({**key, **values})


def last(*readings: dict, **asked) -> dict:
    store = RigHotStore()
    store.write(readings)
    read = HotReaderLastEntry(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock())
    return read({"iotDeviceId": "sensor-1", **asked})["propertyValues"]


def test_twinmakers_request_gets_exactly_twinmakers_answer():
    read = HotReaderLastEntry(store=RigHotStore(), catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock())
    assert read(payload("twinmaker_attribute_reader_request")) == payload("twinmaker_attribute_reader_response")


def test_the_latest_value_of_each_property_whenever_it_was():
    found = last(
        reading(1, temperature=20.0, humidity=55),
        reading(2, temperature=21.0),
        selectedProperties=["temperature", "humidity"],
    )
    assert {name: (each["propertyValue"], each["time"][14:16]) for name, each in found.items()} == {
        "temperature": ({"doubleValue": 21.0}, "02"),
        "humidity": ({"integerValue": 55}, "01"),
    }


def test_what_the_type_does_not_declare_is_answered_where_it_is_asked_for():
    stored = reading(1, temperature=20.0, pressure=1013, firmware="1.2"), reading(2, "sensor-2", other=1)
    found = last(*stored, selectedProperties=[], undeclared=True)
    assert {name: each["propertyValue"] for name, each in found.items()} == {
        "firmware": {"stringValue": "1.2"},
        "pressure": {"integerValue": 1013},
    }
    assert list(last(*stored, selectedProperties=["pressure", "temperature"], undeclared=True)) == [
        *("pressure", "temperature", "firmware")
    ]
    assert list(last(*stored, selectedProperties=["temperature"])) == ["temperature"]


def test_of_very_many_undeclared_properties_some_are_answered():
    assert len(last(reading(1, **{f"p{n}": n for n in range(300)}), selectedProperties=[], undeclared=True)) == 100


def test_an_initial_value_stands_until_one_is_measured():
    asked = {"selectedProperties": ["humidity", "mode"]}
    assert last(**asked)["humidity"]["propertyValue"] == {"integerValue": 50}
    assert "time" not in last(**asked)["humidity"]
    found = last(reading(1, humidity=60), **asked)
    assert [each["propertyValue"] for each in found.values()] == [{"integerValue": 60}, {"stringValue": "off"}]


def test_a_measured_zero_or_false_is_a_value():
    found = last(reading(1, humidity=0, on=False, mode=""), selectedProperties=["humidity", "on", "mode"])
    assert [each["propertyValue"] for each in found.values()] == [
        {"integerValue": 0},
        {"booleanValue": False},
        {"stringValue": ""},
    ]


def test_a_constant_is_what_the_twin_says_it_is():
    assert last(selectedProperties=["manufacturer"])["manufacturer"]["propertyValue"] == {"stringValue": "ACME"}


def test_what_was_never_measured_nor_described_is_absent():
    assert last(selectedProperties=["temperature"]) == {}
    assert last(reading(1, undeclared=1), selectedProperties=["undeclared"]).keys() == {"undeclared"}
    assert last(selectedProperties=[]) == {}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"selectedProperties": ["temprature"]}, "sensor-1 has no property 'temprature', .*; did you mean temperature"),
        ({"iotDeviceId": "sensor1", "selectedProperties": ["humidity"]}, "no device 'sensor1', .* mean sensor-1"),
    ],
)
def test_what_nobody_knows_is_refused_with_a_suggestion(asked, expected):
    with pytest.raises(FinalError, match=expected) as caught:
        last(**asked)
    assert caught.value.status == 404


def test_a_caller_other_than_twinmaker_is_told_the_time():
    asked = {"selectedProperties": ["temperature"]}
    assert last(reading(1, temperature=1.0), **asked)["temperature"]["time"] == "2026-01-15T10:01:00.000Z"
    of_twinmaker = {"workspaceId": "w", "entityId": "room-1", "componentName": "thermostat", **asked}
    assert set(last(reading(1, temperature=1.0), **of_twinmaker)["temperature"]) == {
        "propertyReference",
        "propertyValue",
    }


def test_a_group_feeds_components_named_after_its_devices():
    house = Hierarchy(
        entities=(Entity(id="hall", components=(EntityComponent(name="fleet", group="fleet"),), name="Hall"),)
    )
    store = RigHotStore()
    store.write([reading(1, "sensor-000002", temperature=7.0)])
    read = HotReaderLastEntry(store=store, catalog=fleet(3), hierarchy=house, clock=RigClock())
    asked = {"workspaceId": "w", "entityId": "hall", "componentName": "sensor-000002"}
    asked["selectedProperties"] = ["temperature"]
    assert read(asked)["propertyValues"]["temperature"]["propertyValue"] == {"doubleValue": 7.0}
    with pytest.raises(FinalError, match="sensor-000004"):
        read({**asked, "componentName": "sensor-000004"})


def test_a_refusal_and_a_dark_store_are_errors():
    with pytest.raises(FinalError, match="selectedProperties"):
        last()
    store = RigHotStore()
    store.down = True
    read = HotReaderLastEntry(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock())
    with pytest.raises(RetryableError):
        read({"iotDeviceId": "sensor-1", "selectedProperties": ["t"]})
