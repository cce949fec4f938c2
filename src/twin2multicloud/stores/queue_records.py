"""Batches and dead letters as records of one cloud's queues, each no larger than one message there. Sends nothing."""

from collections.abc import Iterator, Sequence

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter, Unread
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.batches import cut
from twin2multicloud.wire.envelope import new_trace_id
from twin2multicloud.wire.queue_records import encode_unread

REASON_CHARACTERS = 1_000
"""Of a dead letter's reason: a user's exception may be of any length."""

_SHORT_REASON_CHARACTERS = 100  # within `ENVELOPE_ROOM` beside a record's own fields, however they are escaped


class Records:
    """Makes the records of one cloud's queues, `max_bytes` each."""

    def __init__(self, cloud: Cloud, clock: Clock, chance: Chance, max_bytes: int) -> None:
        self._cloud, self._clock, self._chance, self._max_bytes = cloud, clock, chance, max_bytes

    def of_batch(self, readings: Sequence[Reading], trace_id: str) -> list[bytes]:
        """A batch as records, in order. Raises FinalError (413) for a message that no record can hold."""
        return [record for record, _ in self.counted(readings, trace_id)]

    def counted(self, readings: Sequence[Reading], trace_id: str) -> Iterator[tuple[bytes, int]]:
        """`of_batch`, each record with how many messages it holds."""
        pieces, too_large = cut(readings, self._max_bytes)
        if too_large:
            raise self._too_large()
        for piece in pieces:
            yield queue_records.encode([encoded for _, encoded in piece], trace_id, self._clock.now()), len(piece)

    def of_dead_letters(self, dead_letters: Sequence[DeadLetter]) -> list[tuple[bytes, str]]:
        """Dead letters as records, in order, each with its reason: one a letter, so that each can go on alone.

        An unreadable message that no record can hold is several records. Raises FinalError (413) as `of_batch` does.
        """
        records: list[tuple[bytes, str]] = []
        for letter in dead_letters:
            error = letter.error[:REASON_CHARACTERS]
            if isinstance(letter.message, Unread):
                own_id = new_trace_id(self._chance)
                made = encode_unread(letter.message, self._clock.now(), error, own_id, self._max_bytes)
            else:
                made = [self._of_reading(letter.message, error)]
            records += [(record, error) for record in made]
        return records

    def _of_reading(self, reading: Reading, error: str) -> bytes:
        trace_id = reading.key.trace_id or new_trace_id(self._chance)
        record = queue_records.encode([reading.encoded], trace_id, self._clock.now(), [error])
        if len(record) <= self._max_bytes:
            return record
        if len(error) <= _SHORT_REASON_CHARACTERS:
            raise self._too_large()
        return self._of_reading(reading, error[:_SHORT_REASON_CHARACTERS])  # what fitted its own queue must fit this

    def _too_large(self) -> FinalError:
        return FinalError(f"the message is over the limit of {self._max_bytes} bytes of a queue on {self._cloud}", 413)
