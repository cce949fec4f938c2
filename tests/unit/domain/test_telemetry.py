"""A reading's normal form: its keys, its time, its identity, and what is no telemetry."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.clock import START
from twin2multicloud.domain.telemetry import RESERVED, InvalidTelemetryError, is_normal, normalise, values_of

NAMES = st.text(min_size=1, max_size=8).filter(
    lambda name: name not in {*RESERVED, "iotDeviceId", "deviceId", "time", "ts"}
)
SCALARS = st.one_of(
    st.booleans(),
    st.text(max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.dictionaries(NAMES, SCALARS, max_size=4)


def test_a_reading_gets_its_device_time_and_identity():
    reading = normalise({"iotDeviceId": "d", "ts": 1768473000, "temperature": 21.5}, now=START)
    assert reading == {
        "device_id": "d",
        "timestamp": "2026-01-15T10:30:00.000Z",
        "message_id": reading["message_id"],
        "temperature": 21.5,
    }
    assert len(reading["message_id"]) == 16


@pytest.mark.parametrize("key", ["device_id", "iotDeviceId", "deviceId"])
@pytest.mark.parametrize("time", ["timestamp", "time", "ts"])
def test_every_spelling_of_the_keys_is_read(key, time):
    reading = normalise({key: "d", time: "2026-01-01T00:00:00Z"}, now=START)
    assert (reading["device_id"], reading["timestamp"]) == ("d", "2026-01-01T00:00:00.000Z")
    assert values_of(reading) == {}


def test_what_the_cloud_knows_of_the_sender_wins():
    assert normalise({"device_id": "liar"}, now=START, device_id="d")["device_id"] == "d"


def test_a_reading_without_a_time_gets_now():
    assert normalise({"device_id": "d"}, now=START)["timestamp"] == START


def test_the_devices_own_message_id_is_kept_and_its_trace_is_not():
    reading = normalise({"device_id": "d", "message_id": "m", "trace_id": "t"}, now=START)
    assert reading["message_id"] == "m"
    assert "trace_id" not in reading


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ([], "found a list"),
        (None, "found null"),
        ("x", "found str"),
        ({}, "device_id is missing"),
        ({"device_id": ""}, "device_id is missing"),
        ({"device_id": 5}, "not a text"),
        ({"device_id": "d", "ts": "noon"}, "ISO 8601"),
        ({"device_id": "d", "ts": [1]}, "ISO 8601"),
        ({"device_id": "d", "t": None}, "'t' must be a scalar, found null"),
        ({"device_id": "d", "t": {"a": 1}}, "found an object"),
        ({"device_id": "d", "t": [1]}, "found a list"),
        ({"device_id": "d", "t": float("nan")}, "NaN"),
        ({"device_id": "d", "t": float("-inf")}, "infinity"),
        ({"device_id": "d", "t": 2**63}, "beyond 64 bits"),
        ({"device_id": "d", "message_id": "x" * 129}, "128"),
        ({"device_id": "d", "message_id": 5}, "128"),
        ({"device_id": "d", "t": "\ud800"}, "surrogates"),
        ({"device_id": "\ud800"}, "surrogates"),
        ({"device_id": "d", "\ud800": 1}, "surrogates"),
        ({"device_id": "d", "message_id": "\ud800"}, "surrogates"),
    ],
)
def test_what_is_no_telemetry_says_why(raw, why):
    with pytest.raises(InvalidTelemetryError, match=why):
        normalise(raw, now=START)


@given(VALUES)
def test_values_pass_unchanged_and_survive_json(values):
    reading = normalise({"device_id": "d", **values}, now=START)
    assert values_of(reading) == values
    assert msgspec.json.decode(msgspec.json.encode(reading)) == reading


@given(VALUES, VALUES)
def test_the_same_reading_has_the_same_id_and_another_has_not(one, other):
    first, again, second = (normalise({"device_id": "d", **each}, now=START) for each in (one, dict(one), other))
    same = msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    assert first == again
    assert (first["message_id"] == second["message_id"]) is same


@given(VALUES)
def test_normalising_twice_changes_nothing(values):
    once = normalise({"device_id": "d", **values}, now=START)
    assert normalise(once, now="2030-01-01T00:00:00.000Z") == once


@given(st.recursive(st.none() | SCALARS | st.floats(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_anything_is_telemetry_or_says_why(anything):
    try:
        reading = normalise(anything, now=START, device_id="d")
    except InvalidTelemetryError:
        return
    assert msgspec.json.decode(msgspec.json.encode(reading)) == reading


@given(VALUES)
def test_what_was_normalised_is_normal(values):
    assert is_normal(normalise({"device_id": "d", **values}, now=START))


NEARLY = st.fixed_dictionaries(
    {
        "device_id": st.sampled_from(["d", "", 5, None]),
        "message_id": st.sampled_from(["m", "", "x" * 128, "x" * 129, 5]),
    },
    optional={
        "timestamp": st.sampled_from(
            [START, START[:-1], START.replace("01-15", "13-45"), "٢" * 4 + START[4:], 5, None]
        ),
        "ts": st.just(START),
        "deviceId": st.just("d"),
        "trace_id": st.sampled_from(["a" * 32, 5]),
        "t": SCALARS | st.none() | st.lists(st.none()) | st.just(2**63) | st.just(-(2**63) - 1),
    },
)


@settings(max_examples=300)
@given(NEARLY)
def test_the_quick_look_lets_nothing_through_that_normalising_would_change(message):
    if is_normal(message):
        without_trace = {name: value for name, value in message.items() if name != "trace_id"}
        assert normalise(message, now="2030-01-01T00:00:00.000Z") == without_trace
