"""A cloud's queues as `Invoker` and `DeadLetters`, once for all clouds. Sending is each cloud's: its ``queue.py``."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.queue_records import Records

Send = Callable[[str, Sequence[bytes]], None]
"""Puts records into a queue, by what its cloud knows it by. Raises RetryableError, ConfigurationError, FinalError.

What the queue has when this raises, it may get again: queues repeat anyway.
"""


class QueueDeadLetters:
    """A `DeadLetters` in one queue."""

    def __init__(self, send: Send, records: Records, queue: str) -> None:
        self._send, self._records, self._queue = send, records, queue

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        self._send(self._queue, [record for record, _ in self._records.of_dead_letters(dead_letters)])


class RecordQueues:
    """An `Invoker` that knows a function by its queue, and the dead letters beside it.

    `in_order` sends letters, where `send` does so side by side: they are read in the order in which they came.
    """

    def __init__(self, send: Send, records: Records, in_order: Send | None = None) -> None:
        self._send, self._records, self._in_order = send, records, in_order or send

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        self._send(function, self._records.of_batch(messages, trace_id))

    def dead_letters(self, queue: str) -> QueueDeadLetters:
        """The dead letters in one of the queues."""
        return QueueDeadLetters(self._in_order, self._records, queue)
