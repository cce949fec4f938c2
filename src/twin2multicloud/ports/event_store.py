"""The event table of a twin: what its rules remember of each device, and the events that fired.

What is remembered of a device is changed by whoever saw its newest revision, and by nobody else: of two deliveries at
once, one has to look again.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.event_rule import Event, EventNote, KeptEvent

MOST_EVENTS = 100
"""Events of one answer."""


class EventKey(msgspec.Struct, frozen=True, order=True):
    """An event's place in the table: time first, then its id."""

    timestamp: str
    id: str


class Remembered(msgspec.Struct, frozen=True):
    """What is remembered of a device, encoded, and its revision; 0 where nothing is."""

    revision: int = 0
    body: str = ""


class EventStore(Protocol):
    """An event table. All methods raise RetryableError."""

    def remembered(self, device_id: str) -> Remembered:
        """The newest revision of a device."""
        ...

    def remember(self, device_id: str, seen: Remembered, body: str) -> bool:
        """Make the next revision of a device, durable on return; False where `seen` is not the newest any more.

        Raises FinalError for one that is too large for the table.
        """
        ...

    def add(self, events: Sequence[Event]) -> None:
        """Keep events, durable on return or, on the emulator, before the function has passed its records.

        An event that is there already is the same event.
        """
        ...

    def acknowledge(self, event: EventKey, note: EventNote) -> bool:
        """Note that a person has seen an event; False where one had before: the first note stays."""
        ...

    def has_acted(self, event: EventKey) -> bool:
        """Whether an event's action was done."""
        ...

    def acted(self, event: EventKey, at: str) -> None:
        """Note that an event's action was done."""
        ...

    def newest(self, since: str, limit: int, before: EventKey | None = None) -> Sequence[KeptEvent]:
        """The newest events from `since` on (canonical; included), newest first; `before` is the last one seen."""
        ...

    def forget(self, before: str, limit: int) -> int:
        """Delete the oldest events from before a moment (canonical), with their notes, `limit` at most; how many."""
        ...
