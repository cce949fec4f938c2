"""Queue records: any bytes are one or a refusal, traces survive merging, and a dead letter can be put back as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.chance import RigChance
from tests.rigs.clock import START, RigClock
from tests.rigs.clouds import AWS
from tests.rigs.dead_letters import letters_in
from tests.rigs.envelopes import TRACE, body
from tests.rigs.readings import flat
from tests.rigs.readings import reading as rig_reading
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter, Unread
from twin2multicloud.stores.queue_records import REASON_CHARACTERS, Records
from twin2multicloud.wire.queue_records import QueueRecord, decode, encode, merge


def reading(number: int, **more) -> Reading:
    return rig_reading({"device_id": "d", "timestamp": START, "message_id": f"m{number}", "n": number, **more})


def record(trace: str, count: int) -> QueueRecord:
    return QueueRecord(trace, [reading(number) for number in range(count)], [])


@given(st.binary(max_size=200) | st.text(st.characters(), max_size=200))
def test_anything_is_a_record_or_a_refusal(content):
    try:
        statuses = {400 if decode(content) else None}
    except FinalError as error:
        statuses = {error.status}
    assert statuses == {400}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"trace_id":"%s","payload":[{"t":1}]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[[]]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[null]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[{"device_id":"d"}]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[{"device_id":"d","timestamp":"noon","message_id":"m"}]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[{"device_id":"\xff","timestamp":"%s","message_id":"m"}]}'
        % (TRACE.encode(), START.encode()),
        b'{"trace_id":"%s","payload":[{"device_id":"\\ud800","timestamp":"%s","message_id":"m"}]}'
        % (TRACE.encode(), START.encode()),
        b'{"trace_id":"%s","payload":{}}' % TRACE.encode(),
        b'{"trace_id":"x","payload":[]}',
        b"[" * 100_000,
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(content):
    with pytest.raises(FinalError, match="invalid queue record"):
        decode(content)


def test_an_envelope_is_read_as_a_record():
    """Whoever has a batch as an envelope may queue it: its other fields do not matter."""
    assert decode(body(payload=[flat(reading(1))])) == QueueRecord(TRACE, [reading(1)], [])


def test_merging_records_of_one_trace_changes_no_message():
    assert merge([record(TRACE, 1), record(TRACE, 2)]) == (TRACE, [reading(0), reading(0), reading(1)])


@given(st.lists(st.tuples(st.sampled_from(["a" * 32, "b" * 32, "c" * 32]), st.integers(1, 3)), min_size=1, max_size=5))
def test_merging_keeps_every_message_and_its_trace(batches):
    trace_id, merged = merge([record(trace, count) for trace, count in batches])
    again_trace, again = merge(
        [record("d" * 32, 1), QueueRecord(trace_id, merged, [])]
    )  # as when it is queued once more
    traces = [trace for trace, count in batches for _ in range(count)]
    assert [message.key.trace_id or trace_id for message in merged] == traces
    assert [message.key.trace_id or again_trace for message in again] == ["d" * 32, *traces]
    assert [message.flat["n"] for message in merged] == [number for _, count in batches for number in range(count)]


def records(max_bytes: int = 4_096) -> Records:
    return Records(AWS, RigClock(), RigChance(), max_bytes)


def test_a_dead_letter_record_can_be_put_back_into_its_queue_as_it_is():
    dead_letters = [DeadLetter(reading(number, trace_id=TRACE), f"reason {number}") for number in range(3)]
    made = records().of_dead_letters(dead_letters)
    assert [error for _, error in made] == [each.error for each in dead_letters]
    dead = [decode(record) for record, _ in made]
    assert dead == [QueueRecord(TRACE, [each.message], [each.error]) for each in dead_letters]
    assert merge(dead) == (TRACE, [each.message for each in dead_letters])


@given(st.binary(max_size=20_000), st.text(max_size=300), st.text(max_size=1_000))
def test_what_is_no_reading_is_kept_in_records_that_fit(body, topic, error):
    made = records(12_288).of_dead_letters([DeadLetter(Unread(body, topic, "d", START), error)])
    assert all(len(record) <= 12_288 for record, _ in made)
    assert letters_in([record for record, _ in made]) == [DeadLetter(Unread(body, topic, "d", START), error)]


def test_every_record_fits_and_counts_its_messages():
    pairs = list(records().counted([reading(number, text="x" * 500) for number in range(20)], TRACE))
    assert all(len(record) <= 4_096 for record, _ in pairs)
    assert [count for _, count in pairs] == [len(decode(record).readings) for record, _ in pairs]
    assert sum(count for _, count in pairs) == 20
    dead = records().of_dead_letters([DeadLetter(reading(number), "y" * 5_000) for number in range(5)])
    assert all(len(record) <= 4_096 for record, _ in dead)
    assert {len(error) for _, error in dead} == {REASON_CHARACTERS}


def test_what_fitted_a_queue_fits_its_dead_letters_whatever_the_reason():
    largest = next(size for size in range(4_096, 0, -1) if _fits(reading(0, text="x" * size)))
    ((dead, _),) = records().of_dead_letters([DeadLetter(reading(0, text="x" * largest), "\x00" * 5_000)])
    assert (len(dead) <= 4_096, decode(dead).errors) == (True, ["\x00" * 100])


def _fits(message: Reading) -> bool:
    try:
        return bool(records().of_batch([message], TRACE))
    except FinalError:
        return False


def test_a_message_that_no_record_can_hold_is_refused():
    huge = reading(0, text="x" * 5_000)
    with pytest.raises(FinalError, match="4096"):
        records().of_batch([huge], TRACE)
    with pytest.raises(FinalError, match="4096"):
        records().of_dead_letters([DeadLetter(huge, "why")])


ODD_TEXTS = st.text(min_size=1, max_size=10) | st.sampled_from(
    ['"', "\\", '\\"', "\\\\", '","timestamp":"', "{", "größe", "\x00", "\u2028"]
)


@given(st.lists(st.tuples(ODD_TEXTS, ODD_TEXTS, ODD_TEXTS), min_size=1, max_size=4), st.booleans())
def test_readings_come_back_byte_for_byte_whatever_their_keys(texts, own):
    sent = [rig_reading({"device_id": device, "message_id": message, "t": text}) for device, message, text in texts]
    sent = [each.traced("b" * 32) for each in sent] if own else sent
    received = decode(encode([each.encoded for each in sent], TRACE, START, ["a", 'why "\\'][: len(sent)]))
    assert received.readings == sent
    assert [(each.key.device_id, each.key.message_id) for each in received.readings] == [each[:2] for each in texts]
    _, merged = merge([record("c" * 32, 1), received])
    assert [each.key.trace_id for each in merged[1:]] == ["b" * 32 if own else TRACE] * len(sent)
    assert [each.flat for each in merged[1:]] == [each.flat for each in sent]
