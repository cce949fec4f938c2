"""The dead letters of a boundary: undeliverable messages, and unreadable ones as they came, until they are redriven."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.telemetry import Reading


class Unread(msgspec.Struct, frozen=True):
    """The bytes of a message that is no reading, as they came: a device's publish, or a queue's record.

    `topic`, `device_id` and `received_at` (UTC) are of a publish, as far as its cloud says them.
    """

    body: bytes
    topic: str = ""
    device_id: str | None = None
    received_at: str = ""


class DeadLetter(msgspec.Struct, frozen=True):
    """One undeliverable message, and the reason."""

    message: Reading | Unread
    error: str


class DeadLetters(Protocol):
    """The dead-letter queue of one boundary."""

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Keep messages; durable by the time the caller's own answer counts. Raises RetryableError."""
        ...
