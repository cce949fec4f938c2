"""Storage queues: sending records. Owns their limit; invoker and dead letters say what a record is.

Limits: learn.microsoft.com, "Put Message" (64 KiB a message, which base64 makes 48; a time to live of 7 days unless it
is said otherwise). Base64 is what the Functions host reads unless host.json says otherwise.
"""

from collections.abc import Sequence
from typing import Protocol

from twin2multicloud.clouds.azure.sdk_errors import domain_errors

MAX_RECORD_BYTES = 48 * 1024
_FOR_EVER = -1


class Queue(Protocol):
    """What is used of ``azure.storage.queue.QueueClient``, made with `BinaryBase64EncodePolicy`."""

    @property
    def queue_name(self) -> str: ...  # noqa: D102
    def send_message(self, content: bytes, *, time_to_live: int) -> object: ...  # noqa: D102


def send(queue: Queue, records: Sequence[bytes]) -> None:
    """Put records into a queue. What it has when this raises, it may get again: queues repeat anyway.

    Raises RetryableError, ConfigurationError, FinalError.
    """
    for record in records:
        with domain_errors(f"queue {queue.queue_name}"):
            queue.send_message(record, time_to_live=_FOR_EVER)
