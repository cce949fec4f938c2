"""Where messages go that could not pass a boundary, to be looked at and sent again (redrive)."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.telemetry import Reading


class DeadLetter(msgspec.Struct, frozen=True):
    """One message that could not pass, and why."""

    message: Reading
    error: str


class DeadLetters(Protocol):
    """The dead-letter queue of one boundary."""

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Keep messages; durable by the time the caller's own answer counts. Raises RetryableError."""
        ...
