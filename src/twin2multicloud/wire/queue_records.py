"""What waits in a queue of one cloud: a batch with its trace, and in a dead-letter queue also why each message died.

Owns the record's shape, its decoding, and how messages keep their traces when records are merged. Sends nothing.
A dead-letter record is a queue record, so that an operator or a cloud's own redrive can put it back as it is.
"""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.wire.envelope import is_trace_id


class QueueRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch of readings. `queued_at` is for whoever looks into the queue, `errors` has a dead letter's reasons."""

    trace_id: str
    payload: list[dict[str, Scalar]]
    queued_at: str = ""
    errors: list[str] = []


_decoder = msgspec.json.Decoder(QueueRecord)
_encode = msgspec.json.Encoder().encode
_ERROR_CHARACTERS = 300  # of msgspec's own error; a sender's text may be in it


def encode(
    messages: Sequence[Telemetry] | Sequence[msgspec.Raw], trace_id: str, now: str, errors: Sequence[str] = ()
) -> bytes:
    """A record as JSON. Messages that are encoded already come as `msgspec.Raw`."""
    return _encode(QueueRecord(trace_id, messages, now, list(errors)))  # type: ignore[arg-type]  # nobody reads it before


def decode(body: bytes | str) -> QueueRecord:
    """A record from JSON; unknown keys do not matter. Raises FinalError (400) whose text names what is wrong."""
    try:
        record = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FinalError(f"this is not a queue record: {str(error)[:_ERROR_CHARACTERS]}", 400) from error
    if not is_trace_id(record.trace_id):
        raise FinalError("this is not a queue record: trace_id is not 32 lower-case hex digits", 400)
    return record


def traced(message: Telemetry, trace_id: str) -> Telemetry:
    """A message that leaves its batch: it takes the batch's trace with it, unless it has one of its own."""
    return message if "trace_id" in message else {**message, "trace_id": trace_id}


def merge(records: Sequence[QueueRecord]) -> tuple[str, list[Telemetry]]:
    """Several records as one batch with its trace id. A message keeps its own trace where they differ."""
    trace_id = records[0].trace_id
    return trace_id, [
        message if record.trace_id == trace_id else traced(message, record.trace_id)
        for record in records
        for message in record.payload
    ]
