"""What waits in a queue of one cloud: a batch with its trace, and in a dead-letter queue also why each message died.

Owns the record's shape, its decoding, and how messages keep their traces when records are merged. Sends nothing.
A dead-letter record is a queue record, so that an operator or a cloud's own redrive can put it back as it is; one with
an unreadable message has that as base64, in `unread`.
"""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Reading, is_keyed, is_trace_id
from twin2multicloud.ports.dead_letters import Unread


class QueueRecord(msgspec.Struct, frozen=True):
    """A batch of readings. `errors` has a dead letter's reasons."""

    trace_id: str
    readings: list[Reading]
    errors: list[str]


class UnreadRecord(msgspec.Struct, frozen=True):
    """An unreadable message in the dead letters, or the part of one that no record can hold whole."""

    unread: Unread
    queued_at: str
    errors: list[str]
    letter: str = ""  # what its parts have in common
    part: int = 0
    parts: int = 1


class _Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The encoded form; `queued_at` is for people who inspect the queue."""

    trace_id: str
    payload: list[msgspec.Raw]
    queued_at: str = ""
    errors: list[str] = []


_decoder = msgspec.json.Decoder(_Record)
_encode = msgspec.json.Encoder().encode
_PART_DIGITS = 16
_ERROR_CHARACTERS = 300  # of msgspec's own error; a sender's text may be in it


def encode(readings: Sequence[bytes], trace_id: str, now: str, errors: Sequence[str] = ()) -> bytes:
    """A record of encoded readings, as JSON."""
    rest = b',"errors":%b' % _encode(errors) if errors else b""
    head = b'{"trace_id":"%b","queued_at":"%b"%b' % (trace_id.encode(), now.encode(), rest)
    return b'%b,"payload":[%b]}' % (head, b",".join(readings))


def encode_unread(message: Unread, now: str, error: str, letter: str, max_bytes: int) -> list[bytes]:
    """An unreadable message as records of at most `max_bytes`, each with the reason and a part of it, in order."""
    whole, bare = message.body, UnreadRecord(msgspec.structs.replace(message, body=b""), now, [error], letter)
    room = max(1, (max_bytes - len(_encode(bare)) - _PART_DIGITS) // 4 * 3)  # as base64
    pieces = [whole[start : start + room] for start in range(0, len(whole), room)] or [b""]
    replace = msgspec.structs.replace
    return [
        _encode(replace(bare, unread=replace(message, body=piece), part=place, parts=len(pieces)))
        for place, piece in enumerate(pieces)
    ]


def decode(body: bytes | str) -> QueueRecord:
    """A record from JSON; unknown keys do not matter. Raises FinalError (400) whose text names what is wrong."""
    try:
        if isinstance(body, bytes):
            body.decode()  # readings are passed on as they are
        record = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FinalError(f"invalid queue record: {str(error)[:_ERROR_CHARACTERS]}", 400) from error
    if not is_trace_id(record.trace_id):
        raise FinalError("invalid queue record: trace_id is not 32 lower-case hex digits", 400)
    spans = [bytes(raw) for raw in record.payload]
    if not all(map(is_keyed, spans)):
        raise FinalError("invalid queue record: payload holds something other than readings", 400)
    return QueueRecord(record.trace_id, [Reading(span) for span in spans], record.errors)


def merge(records: Sequence[QueueRecord]) -> tuple[str, list[Reading]]:
    """Several records as one batch with its trace id. A reading keeps its own trace where they differ."""
    trace_id = records[0].trace_id
    return trace_id, [
        reading if record.trace_id == trace_id else reading.traced(record.trace_id)
        for record in records
        for reading in record.readings
    ]
