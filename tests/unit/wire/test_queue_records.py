"""Queue records: any bytes are one or a refusal, traces survive merging, and a dead letter can be put back as it is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.chance import RigChance
from tests.rigs.clock import START, RigClock
from tests.rigs.clouds import AWS
from tests.rigs.envelopes import TRACE, body
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.queue_records import REASON_CHARACTERS, Records
from twin2multicloud.wire.queue_records import QueueRecord, decode, encode, merge


def reading(number: int, **more) -> dict:
    return {"device_id": "d", "timestamp": START, "message_id": f"m{number}", "n": number, **more}


def record(trace: str, count: int) -> QueueRecord:
    return QueueRecord(trace, [{"n": number} for number in range(count)])


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
        b'{"trace_id":"%s","payload":[{"t":null}]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":[{"t":[]}]}' % TRACE.encode(),
        b'{"trace_id":"%s","payload":{}}' % TRACE.encode(),
        b'{"trace_id":"x","payload":[]}',
        b"[" * 100_000,
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(content):
    with pytest.raises(FinalError, match="not a queue record"):
        decode(content)


def test_an_envelope_is_read_as_a_record():
    """Whoever has a batch as an envelope may queue it: its other fields do not matter."""
    assert decode(body(payload=[reading(1)])) == QueueRecord(TRACE, [reading(1)])


def test_merging_records_of_one_trace_changes_no_message():
    assert merge([record(TRACE, 1), record(TRACE, 2)]) == (TRACE, [{"n": 0}, {"n": 0}, {"n": 1}])


@given(st.lists(st.tuples(st.sampled_from(["a" * 32, "b" * 32, "c" * 32]), st.integers(1, 3)), min_size=1, max_size=5))
def test_merging_keeps_every_message_and_its_trace(batches):
    trace_id, merged = merge([record(trace, count) for trace, count in batches])
    again_trace, again = merge([record("d" * 32, 1), QueueRecord(trace_id, merged)])  # as when it is queued once more
    traces = [trace for trace, count in batches for _ in range(count)]
    assert [message.get("trace_id", trace_id) for message in merged] == traces
    assert [message.get("trace_id", again_trace) for message in again] == ["d" * 32, *traces]
    assert [message["n"] for message in merged] == [number for _, count in batches for number in range(count)]


def records(max_bytes: int = 4_096) -> Records:
    return Records(AWS, RigClock(), RigChance(), max_bytes)


def test_a_dead_letter_record_can_be_put_back_into_its_queue_as_it_is():
    dead_letters = [DeadLetter(reading(number, trace_id=TRACE), f"reason {number}") for number in range(3)]
    ((dead, errors),) = records().of_dead_letters(dead_letters)
    assert errors == [each.error for each in dead_letters]
    assert decode(dead) == QueueRecord(TRACE, [each.message for each in dead_letters], START, errors)
    assert merge([decode(dead)]) == (TRACE, [each.message for each in dead_letters])


def test_every_record_fits_and_counts_its_messages():
    pairs = list(records().counted([reading(number, text="x" * 500) for number in range(20)], TRACE))
    assert all(len(record) <= 4_096 for record, _ in pairs)
    assert [count for _, count in pairs] == [len(decode(record).payload) for record, _ in pairs]
    assert sum(count for _, count in pairs) == 20
    dead = records().of_dead_letters([DeadLetter(reading(number), "y" * 5_000) for number in range(5)])
    assert all(len(record) <= 4_096 for record, _ in dead)
    assert {len(error) for _, errors in dead for error in errors} == {REASON_CHARACTERS}


def test_what_fitted_a_queue_fits_its_dead_letters_whatever_the_reason():
    largest = next(size for size in range(4_096, 0, -1) if _fits(reading(0, text="x" * size)))
    ((dead, (error,)),) = records().of_dead_letters([DeadLetter(reading(0, text="x" * largest), "\x00" * 5_000)])
    assert (len(dead) <= 4_096, error) == (True, "\x00" * 100)


def _fits(message: dict) -> bool:
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


def test_messages_that_are_encoded_already_go_out_as_they_are():
    assert b'[{"a":1.0}]' in encode([msgspec.Raw(b'{"a":1.0}')], TRACE, START)
