"""What waits in a cloud's queue: envelopes that one message of that queue can hold. Sends nothing.

Dead letters are an envelope with the reasons beside it, under ``errors``, one for each message of its payload:
`wire.envelope.decode` passes over keys that it does not know, so that a cloud's own redrive can put the record back
into its queue as it is.
"""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.rows import batches
from twin2multicloud.wire import envelope
from twin2multicloud.wire.batches import cut
from twin2multicloud.wire.limits import MAX_MESSAGES

REASON_CHARACTERS = 1_000
"""Of a dead letter's reason: a user's exception may be of any length."""

_ENVELOPE_ROOM = 1_024


class Records:
    """Makes the records of one cloud's queues, `max_bytes` each."""

    def __init__(self, cloud: Cloud, clock: Clock, chance: Chance, max_bytes: int) -> None:
        self._cloud, self._clock, self._chance, self._max_bytes = cloud, clock, chance, max_bytes

    def of_batch(self, messages: Sequence[Telemetry], trace_id: str) -> list[bytes]:
        """A batch as records, in order. Raises FinalError (413) for a message that no record can hold."""
        records: list[bytes] = []
        for piece, too_large in cut(messages, self._max_bytes):
            if too_large:
                raise self._too_large()
            records.append(self._encoded([raw for _, raw in piece], trace_id))
        return records

    def of_letters(self, letters: Sequence[DeadLetter]) -> list[bytes]:
        """Dead letters as records, in order. Raises FinalError (413) for a message that no record can hold."""
        pairs = ((each.message, each.error[:REASON_CHARACTERS]) for each in letters)
        room = self._max_bytes - _ENVELOPE_ROOM
        records = [self._of_pairs(batch) for batch in batches(pairs, most=MAX_MESSAGES, max_bytes=room)]
        if any(len(record) > self._max_bytes for record in records):
            raise self._too_large()
        return records

    def _of_pairs(self, pairs: Sequence[tuple[Telemetry, str]]) -> bytes:
        trace_id = str(pairs[0][0].get("trace_id") or envelope.new_trace_id(self._chance))
        record = self._encoded([message for message, _ in pairs], trace_id)
        return record[:-1] + b',"errors":' + msgspec.json.encode([error for _, error in pairs]) + b"}"

    def _encoded(self, messages: Sequence[Telemetry] | Sequence[msgspec.Raw], trace_id: str) -> bytes:
        return envelope.encode(
            messages,
            source_cloud=self._cloud,
            target_layer=Slot.L2,  # what is queued never leaves its cloud: nobody asks
            timestamp=self._clock.now(),
            trace_id=trace_id,
        )

    def _too_large(self) -> FinalError:
        return FinalError(f"a message is over the {self._max_bytes} bytes that a queue on {self._cloud} takes", 413)


def reasons(record: bytes) -> list[str]:
    """Why the messages of a dead-letter record died, in the payload's order; nothing for what a cloud put there."""
    return msgspec.json.decode(record, type=_Reasons).errors


class _Reasons(msgspec.Struct):
    errors: list[str] = []
