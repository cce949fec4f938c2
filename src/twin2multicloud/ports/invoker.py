"""Reaching the next function on the same cloud, by name and asynchronously."""

from collections.abc import Sequence
from typing import Protocol

from twin2multicloud.domain.telemetry import Reading


class Invoker(Protocol):
    """Queues messages for a function. Accepted messages are kept until they are done or dead-lettered."""

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """Queue messages for a function, as one batch with one trace id (see `wire.envelope` for a message's own).

        What one envelope cannot hold is queued as several, in order (see `wire.batches`).
        Accepted means durable by the time the caller's own answer leaves its cloud.
        Raises RetryableError when the queue cannot take them now, FinalError when it never will.
        """
        ...
