"""Recorded tables as readings: columns, types, shifts, and sentences for what cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest

from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.fleet.pacing import play
from twin2multicloud.fleet.recordings import DeviceColumn, Mapping, read_mapping, readings, shift_to, shifted

CATALOG = DeviceCatalog(
    types=(
        DeviceType(
            name="t",
            properties=tuple(Property(name=kind.value.lower(), data_type=kind) for kind in DataType),
        ),
    ),
    devices=(Device(id="d1", type="t"),),
    groups=(DeviceGroup(name="g", type="t", count=3, id_pattern="node-{n}"),),
)
ONE = Mapping(time="when", device=DeviceColumn(id="d1"), properties={"double": "value"})


def read(text: str, mapping: Mapping = ONE) -> list:
    return list(readings(text.splitlines(), mapping, CATALOG, "file.csv"))


def test_columns_by_name_and_times_of_every_kind() -> None:
    assert read("when,value\n2013-12-02 21:15:00,73.96732207\n1458031648545,1\n1458031648,-2.5e3\n") == [
        {"device_id": "d1", "timestamp": "2013-12-02T21:15:00.000Z", "double": 73.96732207},
        {"device_id": "d1", "timestamp": "2016-03-15T08:47:28.545Z", "double": 1.0},
        {"device_id": "d1", "timestamp": "2016-03-15T08:47:28.000Z", "double": -2500.0},
    ]


def test_columns_by_number_devices_by_column_and_every_type() -> None:
    mapping = Mapping(
        time=1,
        device=DeviceColumn(column=2, pattern="node-{}"),
        properties={"string": 3, "integer": 4, "long": 5, "boolean": 6, "double": 7},
        header=False,
    )
    assert read("1, 2, a b, 3, 9007199254740993, 0, \n\n2, 3, , , , true, 1", mapping) == [
        {
            "device_id": "node-2", "timestamp": "1970-01-01T00:00:01.000Z",
            "string": "a b", "integer": 3, "long": 2**53 + 1, "boolean": False,
        },
        {"device_id": "node-3", "timestamp": "1970-01-01T00:00:02.000Z", "boolean": True, "double": 1.0},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mapping", "says"),
    [
        ("time,value\n1,2", ONE, "no column 'when'; its header names time, value"),
        ("when,value\nyesterday,2", ONE, "line 2: found time 'yesterday'"),
        ("when,value\n1,warm", ONE, "line 2: found 'warm' for double, expected DOUBLE"),
        ("when,value\n1", ONE, "line 2: column 2 is missing"),
        ("1,2", Mapping(time=0, device=DeviceColumn(id="d1"), properties={"double": 2}, header=False), "start at 1"),
        (
            "1,2",
            Mapping(time=1, device=DeviceColumn(id="d2"), properties={"double": 2}, header=False),
            "no device 'd2'",
        ),
        ("1,2", Mapping(time=1, device=DeviceColumn(id="d1"), properties={"x": 2}, header=False), "no property 'x'"),
        ("1,2", Mapping(time=1, device=DeviceColumn(), properties={"double": 2}, header=False), "neither an id nor"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text: str, mapping: Mapping, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        read(text, mapping)


def test_a_mapping_file_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"m\.json.*headr"):
        read_mapping(b'{"time": 1, "device": {"id": "d1"}, "properties": {}, "headr": true}', "m.json")


def test_a_recording_is_shifted_to_end_or_to_begin_now() -> None:
    recorded = read("when,value\n100,1\n400,2\n")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ends = list(shifted(recorded, shift_to(recorded, now, ends=True)))
    assert [each["timestamp"] for each in ends] == ["2025-12-31T23:55:00.000Z", "2026-01-01T00:00:00.000Z"]
    begins = list(shifted(recorded, shift_to(recorded, now, ends=False)))
    assert [each["timestamp"] for each in begins] == ["2026-01-01T00:00:00.000Z", "2026-01-01T00:05:00.000Z"]
    assert list(shifted(recorded, timedelta(0))) == recorded


def test_playing_keeps_the_recorded_pace_scaled() -> None:
    recorded = read("when,value\n100,1\n160,2\n280,3\n")
    waited: list[float] = []
    sent: list[object] = []
    assert play(recorded, lambda device, _: sent.append(device), speed=60, sleep=waited.append) == 3
    assert sent == ["d1"] * 3
    assert [round(each, 1) for each in waited] == [1.0, 3.0]  # against the start: nobody really slept
    assert play(recorded, lambda *_: None, speed=None, sleep=waited.append) == 3
    assert len(waited) == 2
