"""Formats that a project describes: lines, bare values and mappings, and how a device's format is found."""

import json
from typing import Any, ClassVar

import pytest

from tests.rigs.payload_messages import ARRIVED, DOUBLE, INTEGER, LONG, TEXT, TRUTH, read
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.payload import Payload, PropertyPath
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.formats import Formats


class TestLinesAndValues:
    def test_lines_by_the_order_of_properties(self) -> None:
        assert read("csv-line", b"21.5, 40\n,41\r\n", {"temperature": DOUBLE, "humidity": INTEGER}) == [
            {"at": ARRIVED, "temperature": 21.5, "humidity": 40},
            {"at": ARRIVED, "humidity": 41},
        ]

    def test_columns_that_the_project_names(self) -> None:
        line = b'1458031648545;x;"a;b";20\n'
        kinds = {"label": TEXT, "temperature": DOUBLE}
        columns = ("time", "-", "label", "temperature")
        assert read("csv-line", line, kinds, columns=columns, delimiter=";") == [
            {"at": "2016-03-15T08:47:28.545Z", "label": "a;b", "temperature": 20}
        ]

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"1,2,3", "line 1: found 3 values, expected 2: temperature, humidity"),
            (b"1,2\n1", "line 2: found 1 values, expected 2"),
            (b"", "expected temperature, humidity, found nothing"),
            (b'"1,2', "the line is no row of values"),
            (b"\xff", "not UTF-8 at byte 0"),
        ],
    )
    def test_a_line_that_does_not_fit_says_where(self, body: bytes, says: str) -> None:
        assert says in read("csv-line", body, {"temperature": DOUBLE, "humidity": INTEGER})[-1]

    @pytest.mark.parametrize(
        ("body", "kind", "value"),
        [
            (b"21.5", DOUBLE, 21.5),
            (b" -3\n", INTEGER, -3),
            (b"\xef\xbb\xbf7", LONG, 7),
            (b"ON", TRUTH, True),
            (b"off", TRUTH, False),
            (b"true", TRUTH, True),
            (b'"hello"', TEXT, "hello"),
            (b"hello world", TEXT, "hello world"),
            (b'"42"', INTEGER, 42),
        ],
    )
    def test_a_bare_number_or_word(self, body: bytes, kind: DataType, value: object) -> None:
        assert read("value", body, {"it": kind}) == [{"at": ARRIVED, "it": value}]

    @pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff\xfe2"])
    def test_what_is_neither_number_nor_word_is_refused(self, body: bytes) -> None:
        (reason,) = read("value", body, {"it": DOUBLE})
        assert reason.startswith(("expected a number or a word", "not UTF-8"))


class TestMapping:
    MESSAGE: ClassVar[dict[str, Any]] = {
        "meta": {"sent": "2024-05-01T10:00:00+02:00"},
        "data": [{"when": 1714550400, "v": {"t": 235, "h": "41"}}, {"when": 1714550460, "v": {"t": 236}}],
    }

    def test_records_their_times_and_values_scaled(self) -> None:
        catalog = DeviceCatalog(
            types=(
                DeviceType(
                    name="t",
                    properties=(
                        Property(name="temperature", data_type=DOUBLE),
                        Property(name="humidity", data_type=INTEGER),
                        Property(name="serial", data_type=TEXT, constant="x"),
                    ),
                    payload=Payload(
                        preset="mapping",
                        each="data",
                        time="when",
                        values="v",
                        properties={
                            "temperature": PropertyPath(path="t", scale=0.1, offset=-1),
                            "humidity": PropertyPath(path="h", optional=True),
                        },
                    ),
                ),
            ),
            devices=(Device(id="d", type="t"),),
        )
        read_by = Formats(catalog).of("d")
        assert read_by is not None
        assert read_by.read(json.dumps(self.MESSAGE).encode(), ARRIVED) == [
            (None, {"temperature": 22.5, "humidity": 41, "timestamp": 1714550400}),
            (None, {"temperature": 22.6, "timestamp": 1714550460}),
        ]

    @pytest.mark.parametrize(
        ("options", "paths", "says"),
        [
            ({"each": "rows"}, {}, "the message has nothing at rows"),
            ({"each": "data", "time": "at"}, {}, "expected a time at at, found nothing"),
            ({"each": "data", "values": "w"}, {}, "the message has nothing at w"),
            ({"each": "data", "values": "when"}, {}, "when must be a JSON object, found a number"),
            ({}, {"t": "data.0.v.x"}, "t: nothing at data.0.v.x; the message has meta.sent"),
            ({}, {"t": "data.0.v"}, "t, at data.0.v: expected a DOUBLE, found an object"),
            ({}, {}, "none of t is in the message; it has meta.sent"),
        ],
    )
    def test_what_is_missing_is_named_with_its_place(self, options: dict, paths: dict, says: str) -> None:
        assert says in read("mapping", self.MESSAGE, {"t": DOUBLE}, paths, **options)[0]

    def test_a_time_for_all_records_from_the_messages_root(self) -> None:
        found = read("mapping", self.MESSAGE, {"t": INTEGER}, each="data", time="$.meta.sent", values="v")
        assert [each["at"] for each in found] == ["2024-05-01T08:00:00.000Z"] * 2

    def test_what_is_not_json_says_so(self) -> None:
        (reason,) = read("mapping", b'{"t":NaN}', {"t": DOUBLE})
        assert reason == "NaN at byte 5, which is no JSON number"


def test_flat_telemetry_of_simulations_and_recordings_is_read_by_every_type() -> None:
    body = b'{"device_id":"dev1","timestamp":"2026-01-01T00:00:00.000Z","temperature":21.5}'
    assert read("ttn", body, {"temperature": DOUBLE}) == [{"at": "2026-01-01T00:00:00.000Z", "temperature": 21.5}]


def test_formats_are_remembered_by_device_and_flat_is_none() -> None:
    flat = DeviceType(name="flat", properties=(Property(name="n", data_type=LONG),))
    value = DeviceType(name="v", properties=(Property(name="n", data_type=LONG),), payload=Payload(preset="value"))
    devices = (Device(id="a", type="flat"), Device(id="b", type="v"))
    formats = Formats(DeviceCatalog(types=(flat, value), devices=devices))
    assert formats.of("a") is None
    assert formats.of("stranger") is None
    assert formats.of(None) is None
    assert formats.of("b") is formats.of("b")
    with pytest.raises(InvalidTelemetryError):
        formats.of("b").frames(b"{}", ARRIVED)  # type: ignore[union-attr]
