"""The decoder: any bytes are an envelope or a 400 or 413 that says why, and what goes out comes back."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.envelope_schema import envelope_schema
from tests.rigs.chance import RigChance
from tests.rigs.clock import START
from tests.rigs.clouds import ALL, GCP
from tests.rigs.envelopes import TRACE, body, document
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.telemetry import is_trace_id
from twin2multicloud.wire.envelope import MessageType, decode, encode, new_trace_id
from twin2multicloud.wire.limits import MAX_BODY_BYTES, MAX_MESSAGES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=5), each, max_size=4),
    max_leaves=12,
)
READINGS = st.lists(
    st.dictionaries(st.text(max_size=6), st.text(max_size=6) | st.integers(-(2**63), 2**63 - 1) | st.booleans()),
    min_size=1,
    max_size=5,
)


def refusal(content) -> FinalError:
    with pytest.raises(FinalError) as caught:
        decode(content)
    assert caught.value.status in (400, 413)
    assert str(caught.value)
    return caught.value


def is_envelope_or_refusal(content) -> bool:
    """Raises whatever the decoder raises beyond what it may."""
    try:
        decode(content)
    except FinalError as error:
        return error.status in (400, 413) and bool(str(error))
    return True


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_a_refusal(content):
    assert is_envelope_or_refusal(content)


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_an_envelope_or_a_refusal(content):
    assert is_envelope_or_refusal(content)


@given(JSON)
def test_any_json_is_an_envelope_or_a_refusal(value):
    assert is_envelope_or_refusal(msgspec.json.encode(value))


@settings(max_examples=200)
@given(st.sampled_from(sorted(document())), JSON)
def test_any_json_in_any_field_is_an_envelope_or_a_refusal(field, value):
    assert is_envelope_or_refusal(body(**{field: value}))


@settings(max_examples=200)
@given(st.data())
def test_a_spoilt_envelope_is_an_envelope_or_a_refusal(data):
    content = bytearray(body())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    assert is_envelope_or_refusal(bytes(content))
    assert is_envelope_or_refusal(bytes(content[:cut]))


@given(READINGS, st.sampled_from(ALL), st.sampled_from(Slot), st.sampled_from(MessageType))
def test_what_goes_out_comes_back(readings, cloud, slot, kind):
    encoded = [msgspec.json.encode(each) for each in readings]
    sent = encode(encoded, source_cloud=cloud, target_layer=slot, timestamp=START, trace_id=TRACE, message_type=kind)
    received = decode(sent)
    assert received.messages == encoded
    assert (received.source_cloud, received.target_layer, received.message_type) == (cloud, slot, kind)
    assert (received.timestamp, received.trace_id) == (START, TRACE)


def test_messages_go_out_and_come_back_as_they_are():
    messages = [b'{"a":1.0}', b'{"b":  2,"b":3}']
    sent = encode(messages, source_cloud=GCP, target_layer=Slot.L2, timestamp=START, trace_id=TRACE)
    assert b'[{"a":1.0},{"b":  2,"b":3}]' in sent
    assert decode(sent).messages == messages


def test_white_space_around_messages_does_not_matter():
    content = body(payload=[]).replace(b"[]", b' [\n{"a":1}\t, {"b":2} ] ')
    assert decode(content).messages == [b'{"a":1}', b'{"b":2}']
    assert decode(body(payload={}).replace(b"{}", b' {"a":1} ')).messages == [b'{"a":1}']


def test_aliases_are_read():
    received = decode(body(source_cloud="google", target_layer="L3", timestamp="2026-01-15T11:30:00+01:00"))
    assert (received.source_cloud, received.target_layer) == (GCP, Slot.L3_HOT)
    assert received.timestamp == START


def test_one_message_is_a_batch_of_one():
    received = decode(body(payload={"device_id": "d"}))
    assert (received.is_batch, received.messages) == (False, [b'{"device_id":"d"}'])
    assert decode(body(payload=[{"device_id": "d"}])).is_batch


@pytest.mark.parametrize(
    ("changes", "status", "names"),
    [
        ({"source_cloud": "no cloud"}, 400, "source_cloud"),
        ({"source_cloud": 5}, 400, "source_cloud"),
        ({"source_cloud": None}, 400, "source_cloud"),
        ({"target_layer": "L9"}, 400, "target_layer"),
        ({"target_layer": ["L2"]}, 400, "target_layer"),
        ({"message_type": "gossip"}, 400, "message_type"),
        ({"timestamp": "noon"}, 400, "timestamp"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, 400, "timestamp"),
        ({"timestamp": 1768473000}, 400, "timestamp"),
        ({"payload": "x"}, 400, "payload"),
        ({"payload": []}, 400, "payload"),
        ({"payload": [1]}, 400, "payload"),
        ({"payload": [{}] * (MAX_MESSAGES + 1)}, 413, str(MAX_MESSAGES)),
        ({"trace_id": "0" * 32}, 400, "trace_id"),
        ({"trace_id": "A" * 32}, 400, "trace_id"),
        ({"trace_id": "a" * 31}, 400, "trace_id"),
        ({"trace_id": None}, 400, "trace_id"),
    ],
)
def test_a_refusal_names_what_is_wrong(changes, status, names):
    error = refusal(body(**changes))
    assert error.status == status
    assert names in str(error)


@pytest.mark.parametrize("field", sorted(document()))
def test_every_field_is_required(field):
    without = {name: value for name, value in document().items() if name != field}
    assert field in str(refusal(msgspec.json.encode(without)))


def test_a_batch_at_the_limit_is_taken():
    assert len(decode(body(payload=[{}] * MAX_MESSAGES)).messages) == MAX_MESSAGES


def test_a_message_of_any_depth_is_passed_on_or_refused():
    """What a message holds is the business of whoever looks into it (`domain.telemetry.recognise`)."""
    for depth in (1, 100, 100_000):
        assert is_envelope_or_refusal(body(payload={}).replace(b"{}", b'{"a":' * depth + b"1" + b"}" * depth))


def test_size_is_limited_and_the_limit_named():
    error = refusal(b" " * (MAX_BODY_BYTES + 1))
    assert (error.status, str(MAX_BODY_BYTES) in str(error)) == (413, True)
    padded = body()
    assert decode(padded + b" " * (MAX_BODY_BYTES - len(padded))).trace_id == TRACE


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_that_json_does_not_have_are_named(number):
    error = refusal(body(payload={"t": 1.25}).replace(b"1.25", number))
    assert error.status == 400
    assert "NaN and Infinity" in str(error)


@pytest.mark.parametrize("spoilt", [b"\xff", b"\xc3\x28", b"\xed\xa0\x80"])
def test_what_is_not_utf8_is_refused(spoilt):
    assert refusal(body(payload={"t": "here"}).replace(b"here", spoilt)).status == 400


def test_half_a_surrogate_pair_is_refused():
    assert refusal(body(payload={"t": "here"}).replace(b"here", b"\\ud800")).status == 400
    assert "UTF-8" in str(refusal('{"source_cloud": "\ud800"}'))


def test_a_refusal_does_not_repeat_a_long_text():
    assert len(str(refusal(body(source_cloud="x" * 100_000)))) < 1_000


@given(st.integers(0, 2**128 - 1))
def test_a_new_trace_id_is_one(bits):
    class Drawn(RigChance):
        def getrandbits(self, k, /):
            return bits

    assert is_trace_id(new_trace_id(Drawn()))


def test_the_decoder_is_not_lenient_about_depth_beside_the_payload():
    extra = body()[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert refusal(extra).status == 400


def test_the_schema_names_every_field():
    schema = envelope_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["$defs"]["Envelope"]["required"]) == set(document())
