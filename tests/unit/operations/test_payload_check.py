"""Each step of a message is shown, from its bytes to its reading, and a fault with its place."""

import json

import pytest

from tests.rigs.clouds import AWS
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.payload import Payload, PropertyPath
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.operations.payload_check import Step, check_payload

NOW = "2026-01-15T10:30:00.000Z"
CATALOG = DeviceCatalog(
    types=(
        DeviceType(
            name="plug",
            properties=(
                Property(name="power", data_type=DataType.DOUBLE),
                Property(name="rssi", data_type=DataType.INTEGER),
            ),
            payload=Payload(preset="tasmota", properties={"power": PropertyPath(path="ENERGY.Power", scale=0.001)}),
        ),
        DeviceType(name="flat", properties=(Property(name="n", data_type=DataType.INTEGER),)),
        DeviceType(
            name="bridge",
            properties=(Property(name="state", data_type=DataType.STRING),),
            payload=Payload(preset="thingsboard", gateway=True),
        ),
    ),
    devices=(Device(id="plug-1", type="plug"), Device(id="meter", type="flat"), Device(id="bridge", type="bridge")),
)
TWIN = Twin(name="house", placement=Placement.single(AWS), catalog=CATALOG)


def check(body: bytes | dict, device: str) -> list[Step]:
    return check_payload(body if isinstance(body, bytes) else json.dumps(body).encode(), device, TWIN, NOW)


def said(body: bytes | dict, device: str) -> list[str]:
    return [f"{each.name}: {each.text}" for each in check(body, device)]


def test_a_message_of_a_preset_step_by_step() -> None:
    message = {"Time": "2026-01-15T10:29:00", "ENERGY": {"Power": 5, "Total": 3.7}, "Wifi": {"RSSI": "44"}}
    shown = said(message, "plug-1")
    assert shown[:-1] == [
        "device: plug-1, of the type plug, payload tasmota",
        "message: 93 bytes",
        "records: 1 of one device at one time each",
        'record 1: time: "2026-01-15T10:29:00" → 2026-01-15T10:29:00.000Z',
        "record 1: power: 5 at ENERGY.Power → 0.005",
        'record 1: rssi: "44" at Wifi.RSSI → 44',
        "record 1: not read: ENERGY.Total",
    ]
    assert shown[-1].startswith('reading: {"device_id":"plug-1","timestamp":"2026-01-15T10:29:00.000Z"')
    assert all(each.good for each in check(message, "plug-1"))


def test_a_fault_is_marked_in_its_line() -> None:
    step = check(b'{"Time":"2026-01-15T10:29:00",\n "ENERGY":{"Power":NaN}}', "plug-1")[-1]
    assert (step.name, step.good) == ("refused", False)
    assert step.marked is not None
    line, column = step.marked
    assert line[column:].startswith("NaN")
    assert line.startswith(' "ENERGY"')


def test_what_is_missing_is_named() -> None:
    shown = said({"Time": "2026-01-15T10:29:00", "ENERGY": {"Total": 1}}, "plug-1")
    assert shown[-1] == "refused: power: nothing at ENERGY.Power; the message has ENERGY.Total"


def test_flat_telemetry_is_held_against_the_type() -> None:
    shown = said({"n": 21.5, "m": 1}, "meter")
    assert shown[0] == "device: meter, of the type flat, payload flat"
    assert shown[-2:] == [
        "reading: n is 21.5, left out: its type is INTEGER",
        "reading: m is no property of the type flat",
    ]
    assert not all(each.good for each in check({"n": 21.5}, "meter"))
    assert said({"n": "422"}, "meter")[-1] == 'reading: n is "422", stored as 422: INTEGER'


def test_a_gateways_message_goes_by_the_types_of_its_devices() -> None:
    shown = said({"meter": [{"ts": 1736937000000, "values": {"n": 7, "x": 8}}]}, "bridge")
    assert "record 1: device: meter, by its own type" in shown
    assert "record 1: not read: x" in shown
    assert '"device_id":"meter"' in shown[-1]


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"no device 'plug-2'; did you mean plug-1"):
        check({}, "plug-2")
