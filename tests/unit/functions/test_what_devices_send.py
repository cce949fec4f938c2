"""What real devices send, through each cloud's native events: what is stored, and why something is refused."""

import json

import msgspec
import pytest

from tests.rigs.clouds import ALL
from tests.rigs.natives import NATIVES
from tests.rigs.twins import twin
from tests.rigs.world import World
from twin2multicloud.domain.clock_skew import Beyond, ClockSkew
from twin2multicloud.domain.placement import Placement

ARRIVALS = {"2026-01-15T10:30:00.480Z", "2026-01-15T10:30:00.656Z"}  # as the natives' payloads have it
STAMP = "2022-01-08T18:48:52.350Z"


class Door:
    """A twin on one cloud; a device publishes bytes."""

    def __init__(self, cloud: str, **policies) -> None:
        self._native = NATIVES[cloud]
        self._world = World(msgspec.structs.replace(twin(Placement.single(cloud)), **policies))

    def send(self, body: bytes | str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self._native.device(self._world.named("dispatcher"), raw, "sensor-1")
        self._world.pump(self._native.queue)

    @property
    def stored(self) -> list[tuple[str, dict]]:
        """Times and values of what is stored of the device."""
        rows = self._world.store.rows.get("sensor-1", {})
        return [(key.timestamp, dict(rows[key])) for key in sorted(rows) if key.timestamp[0].isdigit()]

    @property
    def reasons(self) -> list[str]:
        """Why something was refused or left out."""
        return [event.message for ports in self._world.ports.values() for event in ports.errors.events]


@pytest.fixture(params=ALL)
def cloud(request) -> str:
    return request.param


@pytest.fixture
def door(cloud) -> Door:
    return Door(cloud)


TIMES = {
    "1641667732350": STAMP,
    "1641667732350000": STAMP,
    "1641667732350000000": STAMP,
    '"1641667732350"': STAMP,
    '"1641667732.35"': STAMP,
    '"2022-01-08T18:48:52.35z"': STAMP,
    '"2022-01-08T19:48:52.350+01:00"': STAMP,
    '"2016-12-31T23:59:60Z"': "2016-12-31T23:59:59.999Z",
    "20220118": "2022-01-18T00:00:00.000Z",
    "202201180000": "2022-01-18T00:00:00.000Z",
    '"20220118103045"': "2022-01-18T10:30:45.000Z",
}


@pytest.mark.parametrize("key", ["timestamp", "Time", "TS"])
@pytest.mark.parametrize("sent", TIMES)
def test_a_time_is_read_in_the_forms_that_devices_have(door, sent, key):
    door.send(f'{{"{key}":{sent},"temperature":2.5}}')
    assert (door.stored, door.reasons) == ([(TIMES[sent], {"temperature": 2.5})], [])


@pytest.mark.parametrize(
    "sent",
    ['"noon"', '""', '"2024-02-30"', "20221318", "true", "[]", '"2026-01-15T12:30:60Z"', "1e40"],
)
@pytest.mark.parametrize("key", ["timestamp", "Time"])
def test_what_stands_where_a_time_should_and_is_none_is_an_error(door, sent, key):
    door.send(f'{{"{key}":{sent},"temperature":2.5}}')
    assert door.stored == []
    (reason,) = door.reasons
    assert reason.startswith("timestamp: expected ISO 8601 or an epoch in s, ms, µs or ns, found ")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ('"0001-01-01T00:00:00Z"', "timestamp must be from 1970 to 2200, found 0001-01-01T00:00:00.000Z"),
        ("-62135596800", "timestamp must be from 1970 to 2200, found 0001-01-01T00:00:00.000Z"),
        ('"1969-12-31T23:59:59Z"', "timestamp must be from 1970 to 2200, found 1969-12-31T23:59:59.000Z"),
        ('"2201-01-01"', "timestamp must be from 1970 to 2200, found 2201-01-01T00:00:00.000Z"),
        ('"2099-01-01T00:00:00Z"', "timestamp 2099-01-01T00:00:00.000Z is more than 10 minutes ahead of its arrival"),
        ("2022011800", "timestamp 2034-01-27T21:56:40.000Z is more than 10 minutes ahead of its arrival"),
        ('"2026-01-15T10:40:01.001Z"', "timestamp 2026-01-15T10:40:01.001Z is more than 10 minutes ahead of its"),
    ],
)
def test_a_time_that_cannot_be_is_refused(door, sent, reason):
    door.send(f'{{"timestamp":{sent},"temperature":2.5}}')
    assert door.stored == []
    assert [each[: len(reason)] for each in door.reasons] == [reason]


@pytest.mark.parametrize("sent", ["2026-01-15T10:40:00.000Z", "1970-01-01T00:00:00.000Z"])
def test_within_the_clock_policy_a_devices_own_time_counts(door, sent):
    door.send(f'{{"timestamp":"{sent}","temperature":2.5}}')
    assert (door.stored, door.reasons) == ([(sent, {"temperature": 2.5})], [])


@pytest.mark.parametrize("sent", ["2026-01-15T10:31:02Z", "2026-01-14T10:29:59Z", "1970-01-01T00:00:00Z"])
def test_a_project_says_how_far_a_clock_may_be_off(cloud, sent):
    door = Door(cloud, clock_skew=ClockSkew(ahead_minutes=1, oldest_days=1))
    door.send(f'{{"timestamp":"{sent}","temperature":2.5}}')
    door.send('{"timestamp":"2026-01-14T10:30:01Z","temperature":1}')
    assert [time for time, _ in door.stored] == ["2026-01-14T10:30:01.000Z"]
    (reason,) = door.reasons
    assert "is more than 1 " in reason
    assert "(clock_skew in config.json)" in reason


@pytest.mark.parametrize("key", ["timestamp", "Time"])
@pytest.mark.parametrize("own", ["2099-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "2025-12-01T00:00:00.000Z"])
def test_a_project_may_take_such_readings_under_the_time_of_arrival(cloud, own, key):
    door = Door(cloud, clock_skew=ClockSkew(oldest_days=30, beyond=Beyond.ARRIVAL))
    door.send(f'{{"{key}":"{own}","temperature":2.5}}')
    door.send(f'{{"{key}":"{own}","temperature":2.5}}')  # the cloud delivers it again
    ((time, values),) = door.stored
    assert time in ARRIVALS
    assert values == {"temperature": 2.5, "device_time": own}
    assert door.reasons == []


def test_the_time_of_arrival_does_not_hide_a_property_of_that_name_and_no_text(cloud):
    door = Door(cloud, clock_skew=ClockSkew(beyond=Beyond.ARRIVAL))
    door.send('{"ts":"2099-01-01","device_time":5}')
    door.send('{"ts":"noon","temperature":2.5}')
    assert door.stored == []
    assert len(door.reasons) == 2


def test_null_is_no_value(door):
    door.send(f'{{"timestamp":"{STAMP}","temperature":2.5,"humidity":null}}')
    door.send('{"timestamp":"2022-01-09T00:00:00Z","humidity":null}')
    assert door.stored == [(STAMP, {"temperature": 2.5}), ("2022-01-09T00:00:00.000Z", {})]
    assert door.reasons == []


def test_a_byte_order_mark_is_no_fault(door):
    door.send(b"\xef\xbb\xbf" + json.dumps({"ts": STAMP, "temperature": 2.5}).encode())
    assert (door.stored, door.reasons) == ([(STAMP, {"temperature": 2.5})], [])


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("123456789000000000000", 1.23456789e20),
        ("9007199254740993", 2**53 + 1),
        ("1e308", 1e308),
        ("-0.0", -0.0),
    ],
)
def test_numbers_are_kept_exactly(door, sent, stored):
    door.send(f'{{"ts":"{STAMP}","temperature":{sent}}}')
    ((_, values),) = door.stored
    assert repr(values["temperature"]) == repr(stored)


@pytest.mark.parametrize("sent", ["1e400", "-1e400", "18446744073709551617", "9" * 5_000])
def test_a_number_that_no_store_has_is_left_out_and_named(door, sent):
    door.send(f'{{"ts":"{STAMP}","temperature":{sent},"humidity":40}}')
    assert door.stored == [(STAMP, {"humidity": 40})]
    (reason,) = door.reasons
    assert reason.startswith("left out: sensor-1: property 'temperature' must be a scalar, found ")


REFUSED = {
    b"": "the payload is empty",
    b"hello": "not JSON: invalid character at byte 0, 'hello'",
    b'{"ts":0,': "not JSON: it ends at byte 8, before it is complete",
    b'{"timestamp":1641667732350000,"temperature":NaN}': "NaN at byte 44, which is no JSON number",
    '{"t":1}'.encode("utf-16"): "not UTF-8: starts with a UTF-16 mark",
    b'{"t":"\xb0C"}': "not UTF-8 at byte 6",
    b"7": "telemetry must be a JSON object, found a number",
    b"21.5": "telemetry must be a JSON object, found a number",
    b"true": "telemetry must be a JSON object, found true or false",
    b'"on"': "telemetry must be a JSON object, found a text",
    b"null": "telemetry must be a JSON object, found null",
    b"[]": "a list without a reading",
    b'{"values":{"t":1}}': "property 'values' must be a scalar, found an object",
}


@pytest.mark.parametrize("body", REFUSED)
def test_the_reason_says_what_it_is_and_where(door, body):
    door.send(body)
    assert door.stored == []
    assert door.reasons == [REFUSED[body]]
