"""The error table of one cloud: its error events, kept until they are old, and which of them were not sent on yet."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.errors import ErrorEvent

MOST_ERRORS = 100
"""Events of one answer: the largest (see `functions.reporting`) still fit a function's."""


class ErrorKey(msgspec.Struct, frozen=True, order=True):
    """An event's place in the table: time first, then its id."""

    timestamp: str
    id: str


class ErrorStore(Protocol):
    """An error table. Events have an id and a canonical timestamp. All methods raise RetryableError."""

    def add(self, events: Sequence[ErrorEvent], *, unsent: bool = False) -> None:
        """Keep events, durable on return or, on the emulator, before the function has passed its records.

        An event that is there already is the same event. `unsent`: they are also to be sent on, until `sent` says so.
        Raises FinalError for one that is too large for the table.
        """
        ...

    def newest(self, since: str, limit: int, before: ErrorKey | None = None) -> Sequence[ErrorEvent]:
        """The newest events from `since` on (canonical; included), newest first; `before` is the last one seen."""
        ...

    def unsent(self, limit: int) -> Sequence[ErrorEvent]:
        """The oldest events that are still to be sent on, oldest first."""
        ...

    def sent(self, events: Sequence[ErrorEvent]) -> None:
        """Events were sent on. They stay in the table."""
        ...

    def forget(self, before: str, limit: int) -> int:
        """Delete the oldest events from before a moment (canonical), `limit` at most; returns how many.

        Sent on or not: what nobody took for so long is not sent any more.
        """
        ...
