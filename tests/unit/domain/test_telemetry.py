"""A reading's normal form: its keys, its time, its identity, and what is no telemetry."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rigs.clock import START
from twin2multicloud.domain.telemetry import (
    RESERVED,
    InvalidTelemetryError,
    Key,
    Reading,
    TimeOutsideError,
    kept,
    normalise,
    recognise,
    values_of,
)

KEYS = ("device_id", "iotDeviceId", "deviceId", "timestamp", "time", "ts")
NAMES = st.text(min_size=1, max_size=8).filter(
    lambda name: name not in RESERVED and name.lower() not in {key.lower() for key in KEYS}
)
SCALARS = st.one_of(
    st.booleans(),
    st.text(max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.dictionaries(NAMES, SCALARS, max_size=4)


def test_a_reading_gets_its_device_time_and_identity():
    reading = normalise({"iotDeviceId": "d", "ts": 1768473000, "temperature": 21.5}, now=START).flat
    assert reading == {
        "device_id": "d",
        "timestamp": "2026-01-15T10:30:00.000Z",
        "message_id": reading["message_id"],
        "temperature": 21.5,
    }
    assert len(reading["message_id"]) == 16


@pytest.mark.parametrize("key", ["device_id", "iotDeviceId", "deviceId", "DEVICE_ID", "DeviceID", "iotdeviceid"])
@pytest.mark.parametrize("time", ["timestamp", "time", "ts", "Time", "TIMESTAMP", "TS", "timeStamp"])
def test_every_spelling_of_the_keys_is_read(key, time):
    reading = normalise({key: "d", time: "2026-01-01T00:00:00Z"}, now=START).flat
    assert (reading["device_id"], reading["timestamp"]) == ("d", "2026-01-01T00:00:00.000Z")
    assert values_of(reading) == {}


def test_what_the_cloud_knows_of_the_sender_wins():
    assert normalise({"device_id": "liar"}, now=START, device_id="d").key.device_id == "d"


def test_a_reading_without_a_time_gets_now():
    assert normalise({"device_id": "d"}, now=START).key.timestamp == START


def test_the_devices_own_message_id_is_kept_and_its_trace_is_not():
    reading = normalise({"device_id": "d", "message_id": "m", "trace_id": "a" * 32}, now=START)
    assert (reading.key.message_id, reading.key.trace_id) == ("m", "")
    assert reading.flat == {"device_id": "d", "timestamp": START, "message_id": "m"}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ([], "found a list"),
        (None, "found null"),
        ("x", "found a text"),
        (7, "found a number"),
        (21.5, "found a number"),
        (True, "found true or false"),
        (2**70, "found a whole number beyond 64 bits"),
        (float("inf"), "found an infinity, or a number beyond every double"),
        ({}, "device_id is missing"),
        ({"device_id": ""}, "device_id is missing"),
        ({"device_id": 5}, "not a string"),
        ({"device_id": "d", "ts": "noon"}, "ISO 8601"),
        ({"device_id": "d", "ts": [1]}, "ISO 8601"),
        ({"device_id": "d", "Time": "noon"}, "ISO 8601.*'noon'"),
        ({"device_id": "d", "TIMESTAMP": ""}, "ISO 8601"),
        ({"device_id": "d", "ts": "0001-01-01T00:00:00Z"}, "from 1970-.* to 2200-.*, found 0001-01-01"),
        ({"device_id": "d", "ts": -1}, "found 1969-12-31T23:59:59.000Z"),
        ({"device_id": "d", "ts": "2201-01-01"}, "found 2201"),
        ({"device_id": "d", "t": {"a": 1}}, "found an object"),
        ({"device_id": "d", "t": [1]}, "found a list"),
        ({"device_id": "d", "t": float("nan")}, "NaN"),
        ({"device_id": "d", "t": float("-inf")}, "infinity"),
        ({"device_id": "d", "t": 2**63 + 1}, "beyond 64 bits"),
        ({"device_id": "d", "t": 10**400}, "beyond 64 bits"),
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
    assert values_of(reading.flat) == values
    assert msgspec.json.decode(reading.encoded) == reading.flat


@given(VALUES, VALUES)
def test_the_same_reading_has_the_same_id_and_another_has_not(one, other):
    """The same to the byte: properties in another order are another reading."""
    first, again, second = (normalise({"device_id": "d", **each}, now=START) for each in (one, dict(one), other))
    same = msgspec.json.encode(one) == msgspec.json.encode(other)
    assert first == again
    assert (first.key.message_id == second.key.message_id) is same


@given(VALUES)
def test_normalising_twice_changes_nothing(values):
    once = normalise({"device_id": "d", **values}, now=START)
    assert normalise(once.flat, now=LATER) == once


def test_null_is_no_value():
    reading = normalise({"device_id": "d", "timestamp": None, "t": 2.5, "humidity": None}, now=START)
    assert values_of(reading.flat) == {"t": 2.5}
    assert reading == normalise({"device_id": "d", "t": 2.5}, now=START)
    assert values_of(normalise({"device_id": "d", "t": None}, now=START).flat) == {}


@pytest.mark.parametrize(
    ("whole", "double"),
    [
        (123456789000000000000, 1.23456789e20),  # as JavaScript writes the double
        (-123456789012345670000, -1.2345678901234567e20),
        (2**63, 9.223372036854775808e18),
        (2**64, 1.8446744073709551616e19),
        (10**22, 1e22),
    ],
)
def test_a_whole_number_beyond_64_bits_that_is_a_double_is_one(whole, double):
    (value,) = values_of(normalise({"device_id": "d", "t": whole}, now=START).flat).values()
    assert (type(value), value) == (float, double)


@given(st.floats(2.0**63, allow_infinity=False), st.sampled_from([1, -1]))
def test_the_digits_of_a_double_are_that_double_and_other_digits_are_none(double, sign):
    whole = sign * int(Decimal(repr(double)))
    assert values_of(normalise({"device_id": "d", "t": whole}, now=START).flat) == {"t": sign * double}
    left_out = []
    longer = whole * 1_000 + 1
    assert values_of(normalise({"device_id": "d", "t": longer}, now=START, left_out=left_out).flat) == {}
    assert left_out == ["d: property 't' must be a scalar, found a whole number beyond 64 bits"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 2**64 + 1, 10**400])
def test_a_number_that_no_store_has_is_left_out_and_the_rest_stays(number):
    left_out = []
    reading = normalise({"device_id": "d", "a": 1, "t": number, "z": "null"}, now=START, left_out=left_out)
    assert values_of(reading.flat) == {"a": 1, "z": "null"}
    assert len(left_out) == 1
    assert left_out[0].startswith("d: property 't' must be a scalar, found ")


def test_a_time_outside_of_its_bounds_is_known_to_who_asks():
    with pytest.raises(TimeOutsideError) as refused:
        normalise({"device_id": "d", "ts": "2026-01-15T10:30:00.001Z"}, now=START, latest=START)
    assert refused.value.timestamp == "2026-01-15T10:30:00.001Z"
    assert normalise({"device_id": "d", "ts": START}, now=START, earliest=START, latest=START).key.timestamp == START


def test_of_two_spellings_of_a_key_its_own_counts():
    flat = {"Time": "2020-01-01", "time": START, "DEVICEID": "x", "deviceId": "d", "t": 1}
    assert normalise(flat, now=LATER).flat | {"message_id": ""} == {
        "device_id": "d",
        "timestamp": START,
        "message_id": "",
        "t": 1,
    }


def test_more_names_than_one_process_remembers_are_read_alike():
    for number in range(5_000):
        flat = {"device_id": "d", f"p{number}": 1, "Ts": START}
        assert normalise(flat, now=LATER).key.timestamp == START


@given(st.recursive(st.none() | SCALARS | st.floats(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_anything_is_telemetry_or_says_why(anything):
    try:
        reading = normalise(anything, now=START, device_id="d")
    except InvalidTelemetryError:
        return
    assert msgspec.json.decode(reading.encoded) == reading.flat


LATER = "2030-01-01T00:00:00.000Z"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TEXTS = st.text(max_size=6) | st.sampled_from(
    ["", '"', "\\", '\\"', "\\\\", "x" * 128, "x" * 129, "ü" * 128, "\\" * 128, '"' * 129, "null", "NaN", "[{"]
)
KEYED = st.fixed_dictionaries(
    {
        "device_id": TEXTS | st.just(5) | st.none(),
        "timestamp": st.sampled_from(
            [START, START, START[:-1], START.replace("01-15", "13-45"), "٢" * 4 + START[4:], 5, None]
        ),
        "message_id": TEXTS | st.just(5) | st.none(),
    },
    optional={
        "trace_id": st.sampled_from([TRACE, "0" * 32, "x", "", 5, None]),
        "ts": st.just(START),
        "deviceId": st.just("d"),
        "t": SCALARS | st.none() | st.lists(st.none()) | st.just({}) | st.sampled_from([2**63, -(2**63) - 1, 2**70]),
        "text": TEXTS,
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3),
    max_leaves=6,
)


def outcome(made) -> dict | None:
    """The reading's flat object; None where it is refused."""
    try:
        reading = made()
    except InvalidTelemetryError:
        return None
    return reading.flat


@settings(max_examples=500)
@given(
    KEYED | st.dictionaries(NAMES | st.sampled_from(["device_id", "ts", "trace_id"]), JSON, max_size=4), st.randoms()
)
def test_what_is_recognised_is_what_normalising_would_make_of_it(told, random):
    """Of any JSON object, in any order of its keys."""
    shuffled = dict(random.sample(sorted(told.items()), len(told)))
    for flat in (told, shuffled):
        expected = outcome(lambda flat=flat: normalise(flat, now=LATER))
        assert outcome(lambda flat=flat: recognise(msgspec.json.encode(flat), now=LATER)) == expected
        if expected is not None:
            own = flat.get("trace_id") if flat.get("trace_id") == TRACE else ""
            assert recognise(msgspec.json.encode(flat), now=LATER).key.trace_id == own


@given(VALUES, TEXTS, TEXTS, st.booleans())
def test_the_normal_form_comes_back_as_the_same_bytes(values, device, message, traced):
    made = normalise({"device_id": device or "d", "message_id": message[:128], **values}, now=START)
    made = made.traced(TRACE) if traced else made
    assert recognise(made.encoded, now=LATER) == made
    assert (made.key.device_id, made.key.trace_id) == (device or "d", TRACE if traced else "")
    assert made.traced("b" * 32).key.trace_id == (TRACE if traced else "b" * 32)


HEAD = b'{"device_id":"d","timestamp":"2026-01-15T10:30:00.000Z","message_id":"m"'


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (b',"t":{"t":1}}', "found an object"),
        (b',"t":[1]}', "found a list"),
        (b',"t":9223372036854775809}', "beyond 64 bits"),
        (b',"t":1e400}', "out of range"),
        (b',"t":NaN}', "flat JSON object"),
        (b',"t":1}x', "flat JSON object"),
        (b',"t":1}{"t":2}', "flat JSON object"),
        (b',"t":1', "flat JSON object"),
        (b',"t":"\xff"}', "flat JSON object"),
        (b',"t":"\\ud800"}', "flat JSON object"),
        (b',"t":"\\q"}', "flat JSON object"),
        (b',"t":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "flat JSON object"),
        (b',"device_id":"e"}', "duplicate key"),
        (b',"\\u0064evice_id":"e"}', "duplicate key"),
        (b',"device_id":null}', "duplicate key"),
        (b',"message_id":"n"}', "duplicate key"),
        (b',"timestamp":"2020-01-01T00:00:00.000Z"}', "duplicate key"),
    ],
)
def test_bytes_that_begin_as_the_normal_form_does_and_go_on_otherwise_are_refused(rest, why):
    with pytest.raises(InvalidTelemetryError, match=why):
        recognise(HEAD + rest, now=LATER)


@pytest.mark.parametrize(
    "alias",
    [b'"deviceId":"e"', b'"iotDeviceId":"e"', b'"ts":0', b'"time":"noon"', b'"Time":"noon"', b'"trace_id":"x"'],
)
def test_another_spelling_of_the_key_behind_it_changes_nothing_and_is_no_property(alias):
    reading = recognise(HEAD + b"," + alias + b',"t":1}', now=LATER)
    assert reading.encoded == HEAD + b',"t":1}'


@pytest.mark.parametrize("year", ["0001", "1969", "2201", "9999"])
def test_a_time_that_cannot_be_one_is_refused_in_the_normal_form_too(year):
    with pytest.raises(TimeOutsideError, match=f"found {year}-01-15"):
        recognise(HEAD.replace(b"2026", year.encode()) + b"}", now=LATER)


def test_null_in_the_normal_form_is_no_value():
    assert recognise(HEAD + b',"t":null,"u":1}', now=LATER).encoded == HEAD + b',"u":1}'


def test_a_trace_that_stands_elsewhere_is_the_readings_own():
    reading = recognise(HEAD + b',"t":1,"trace_id":"%b"}' % TRACE.encode(), now=LATER)
    assert (reading.key.trace_id, reading.flat["t"]) == (TRACE, 1)
    assert "trace_id" not in reading.flat


@given(st.binary(max_size=80) | st.binary(max_size=20).map(lambda rest: HEAD + rest))
@example(b'{"device_id":"\\q","timestamp":"2026-01-15T10:30:00.000Z","message_id":"m"}')
@example(b'{"device_id":"\\ud800","timestamp":"2026-01-15T10:30:00.000Z","message_id":"m"}')
@example(b'{"device_id":"\xff","timestamp":"2026-01-15T10:30:00.000Z","message_id":"m"}')
def test_any_bytes_are_a_reading_or_a_refusal(content):
    outcome(lambda: recognise(content, now=START))


def test_whose_reading_it_is_no_property_can_change():
    """Nothing of ours makes such bytes; whoever reads them must agree with whoever routed them by their key."""
    reading = Reading(HEAD + b',"device_id":"e","t":1}')
    assert (reading.key.device_id, reading.flat["device_id"], list(reading.flat)) == (
        *("d", "d", ["device_id", "timestamp", "message_id", "t"]),
    )


@given(device=st.text(min_size=1, max_size=4), values=VALUES)
@example(device="ü", values=dict.fromkeys(["\uffff", "é", "😀", "z", "a"], 1))
def test_a_reading_of_a_store_is_in_its_normal_form_with_properties_in_the_order_of_code_points(device, values):
    reading = kept(Key(device, START, "m"), values)
    ordered = dict(sorted(values.items()))
    assert reading.encoded == msgspec.json.encode(
        {"device_id": device, "timestamp": START, "message_id": "m", **ordered}
    )
    assert recognise(reading.encoded, now=START) == reading
