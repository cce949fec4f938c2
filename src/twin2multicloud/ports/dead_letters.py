"""The dead letters of a boundary: undeliverable messages, kept for inspection and redrive."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.telemetry import Reading


class DeadLetter(msgspec.Struct, frozen=True):
    """One undeliverable message, and the reason."""

    message: Reading
    error: str


class DeadLetters(Protocol):
    """The dead-letter queue of one boundary."""

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Keep messages; durable by the time the caller's own answer counts. Raises RetryableError."""
        ...
