"""Recorded tables as readings: columns, types, shifts, and sentences for what cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest

from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.fleet.pacing import play
from twin2multicloud.fleet.recordings import (
    DeviceColumn,
    Mapping,
    Recording,
    read_mapping,
    read_recording,
    shift_to,
    shifted,
)

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


def recording(text: str | bytes, mapping: Mapping = ONE, limit: int | None = None) -> Recording:
    content = text.encode() if isinstance(text, str) else text
    return read_recording(content, mapping, CATALOG, "file.csv", limit)


def read(text: str | bytes, mapping: Mapping = ONE) -> list:
    return recording(text, mapping).readings


def of_double(**options) -> Mapping:
    return Mapping(**{"time": "when", "device": DeviceColumn(id="d1"), "properties": {"double": "value"}, **options})


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
        ("when,value\nyesterday,2", ONE, "line 2, column 1: found time 'yesterday'"),
        ("when,value\n1,2\n1", ONE, "line 3, column 2: found a row of 1 cells, expected 2 as in the header"),
        ("when,value\n2024-01-01T00:00:00Z,1,5", ONE, "line 2, column 3: found a row of 3 cells, expected 2"),
        ('when,value\n1,2\n3,"4\n5,6\n', ONE, "line 3, column 3: found a quote that is never closed"),
        ('when,value\n1,"2\n3,4"\n', ONE, "line 2, column 2: found a quoted cell of several lines"),
        ('when,value\n1,"2"x\n', ONE, "line 2, column 6: found 'x' after a closing quote"),
        ("when,value\n0001-01-01T00:00:00Z,2", ONE, "line 2, column 1: found time .* expected one from 1970 to 2200"),
        ("when,value,value\n1,2,3", ONE, "more than one column 'value'"),
        ("when,value\n20240230,2", ONE, "line 2, column 1: found time '20240230'"),
        (b"when,value,\xb0C\n1,2,3", ONE, "line 1, column 12: found byte 0xB0, which is not utf-8.*--encoding cp1252"),
        ("when,value\n1,2", of_double(encoding="klingon"), "unknown or unfit encoding 'klingon'"),
        ("when,value\n1,2", of_double(delimiter="ab"), "delimiter must be one character, .*found 'ab'"),
        ("when,value\n1,2", of_double(time_zone="Europe/Berln"), "no time zone 'Europe/Berln'.*'Europe/Berlin'"),
        (
            "when,value\n2025-03-30 02:30:00,2",
            of_double(time_zone="Europe/Berlin"),
            "line 2, column 1: found time 2025-03-30 02:30:00, which Europe/Berlin skips",
        ),
        (
            "when,value\n2025-02-01,2",
            of_double(time_format="%d.%m.%Y"),
            "line 2, column 1: found time '2025-02-01', expected the form %d.%m.%Y",
        ),
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


@pytest.mark.parametrize(
    "content",
    [
        "when,value\n1,2.5\n".encode("utf-8-sig"),
        "when,value\n1,2.5\n".encode("utf-16"),
        b"when;value\r\n1;2.5\r\n",
        b"when\tvalue\n1\t2.5\n",
        b"when|value\n1|2.5\n",
        b'"when", "value"\n"1", "2.5"',
        b"when;value\n1;2,5\n",
        b"when,value\n1,2.5,\n",
    ],
)
def test_how_a_file_is_written_is_found_by_looking(content: bytes) -> None:
    assert read(content) == [{"device_id": "d1", "timestamp": "1970-01-01T00:00:01.000Z", "double": 2.5}]


def test_what_was_found_by_looking_is_said() -> None:
    assert recording("when;value\n1;2,5\n".encode("utf-8-sig")).remarks == [
        "found by looking: encoding utf-8-sig, delimiter ';', decimal comma"
    ]
    given = of_double(delimiter=";", decimal=",", encoding="utf-8")
    assert recording("when;value\n1;2,5\n", given).remarks == []


@pytest.mark.parametrize("word", ["\\t", "tab", "TAB", "\t"])
def test_a_tab_can_be_written_in_three_ways(word: str) -> None:
    assert read("when\tvalue\n1\t2\n", of_double(delimiter=word))[0]["double"] == 2.0


def test_latin_1_is_read_where_it_is_named() -> None:
    mapping = of_double(encoding="latin-1", properties={"double": "temp°C"})
    assert read("when,temp°C\n1,2\n".encode("latin-1"), mapping)[0]["double"] == 2.0


def test_a_german_export_a_date_and_a_time_of_day_and_a_decimal_comma() -> None:
    mapping = read_mapping(
        b"""{"time": ["Datum", "Uhrzeit"], "time_format": "%d.%m.%Y %H:%M:%S", "time_zone": "Europe/Berlin",
             "device": {"id": "d1"}, "properties": {"double": "Temperatur"}}""",
        "m.json",
    )
    assert read("Datum;Uhrzeit;Temperatur\n01.02.2025;13:05:00;20,5\n", mapping) == [
        {"device_id": "d1", "timestamp": "2025-02-01T12:05:00.000Z", "double": 20.5}
    ]


def test_an_hour_that_comes_twice_goes_on_and_is_said() -> None:
    times = ("01:59", "02:00", "02:30", "02:59", "02:00", "02:30", "03:00")
    read_in_berlin = recording(
        "when,value\n" + "".join(f"2025-10-26 {each}:00,1\n" for each in times), of_double(time_zone="Europe/Berlin")
    )
    assert [str(each["timestamp"])[11:16] for each in read_in_berlin.readings] == [
        "23:59", "00:00", "00:30", "00:59", "01:00", "01:30", "02:00"
    ]  # fmt: skip
    (said,) = [each for each in read_in_berlin.remarks if "twice" in each]
    assert said.startswith("5 times of the hour that comes twice in Europe/Berlin")
    assert "3 read as the first, 2 as the second" in said


@pytest.mark.parametrize(
    ("digits", "stamp"),
    [
        ("20220118", "2022-01-18T00:00:00.000Z"),
        ("202201180930", "2022-01-18T09:30:00.000Z"),
        ("20220118093015", "2022-01-18T09:30:15.000Z"),
        ("1642498215", "2022-01-18T09:30:15.000Z"),
        ("1642498215123", "2022-01-18T09:30:15.123Z"),
        ("1642498215123456789", "2022-01-18T09:30:15.123Z"),
        ("86400", "1970-01-02T00:00:00.000Z"),
    ],
)
def test_digits_are_a_date_or_an_epoch(digits: str, stamp: str) -> None:
    assert read(f"when,value\n{digits},1\n")[0]["timestamp"] == stamp


def test_digits_that_are_a_date_are_one_of_the_time_zone() -> None:
    mapping = of_double(time_zone="Europe/Berlin")
    read_in_berlin = read("when,value\n202201180930,1\n1642498215,1\n2022-01-18T09:30:15z,1\n", mapping)
    assert [str(each["timestamp"]) for each in read_in_berlin] == [
        "2022-01-18T08:30:00.000Z", "2022-01-18T09:30:15.000Z", "2022-01-18T09:30:15.000Z"
    ]  # fmt: skip


def test_a_name_of_digits_wins_over_a_position() -> None:
    mapping = of_double(time="time", properties={"double": "2"})
    assert read("time,1,2\n5,10,20\n", mapping)[0]["double"] == 20.0
    by_position = of_double(time="time", properties={"double": 2})
    assert read("time,1,2\n5,10,20\n", by_position)[0]["double"] == 10.0


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("21.0", "integer", 21),
        ("2e3", "long", 2000),
        ("9223372036854775807", "long", 2**63 - 1),
        ("123456789000000000000", "double", 1.23456789e20),
        ("-0.0", "double", -0.0),
        ("TRUE", "boolean", True),
    ],
)
def test_what_can_be_converted_without_loss_is(text: str, name: str, value: object) -> None:
    (reading,) = read(f"when,value\n1,{text}\n", of_double(properties={name: "value"}))
    assert repr(reading[name]) == repr(value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NaN", "double"), ("inf", "double"), ("1e400", "double"), ("warm", "double"), ("1_0", "double"),
        ("18446744073709551616", "long"), ("2147483648", "integer"), ("21.5", "integer"), ("1e9999", "long"),
        ("maybe", "boolean"), ("1e999999999", "integer"),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_value_is_left_out_and_named_and_the_rest_goes(text: str, name: str) -> None:
    mapping = of_double(properties={name: "value", "string": "note"})
    found = recording(f"when,value,note\n1,{text},good\n", mapping)
    assert found.readings == [{"device_id": "d1", "timestamp": "1970-01-01T00:00:01.000Z", "string": "good"}]
    assert [str(each) for each in found.left_out] == [f"line 2, column 2: {name} is {text!r}, expected {name.upper()}"]


def test_a_limit_ends_the_reading_before_what_is_wrong_behind_it() -> None:
    assert len(recording("when,value\n1,2\n3,4\nyesterday,5\n", limit=2).readings) == 2
