"""The events of a twin, as its rules fired them: read from the event table on L2's cloud, and acknowledged there."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.event_store import MOST_EVENTS
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.ports.invocation import Invocation

ADMIN = Kind.EVENT_TABLE_ADMIN
"""What answers for the event table."""
_LOOKED_THROUGH = 10_000  # events, for the one to acknowledge, and of each question of `follow`
_EVERY = 1.0  # s between two questions of `follow`
_OVERLAP = timedelta(hours=1)  # by which an event may be earlier than the newest, and be seen by `follow` all the same


class TwinEvents:
    """Raises RetryableError where L2's cloud does not answer."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def newest(self, most: int, since: str = "") -> list[KeptEvent]:
        """The newest events, `most` of them, from `since` on (canonical; empty: all), newest first."""
        found: list[KeptEvent] = []
        while len(found) < most:
            limit = min(MOST_EVENTS, most - len(found))
            question: dict[str, Any] = {"action": "list", "since": since or BEFORE_ALL, "limit": limit}
            if found:
                question["before"] = {"timestamp": found[-1].event.timestamp, "id": found[-1].event.id}
            page = msgspec.convert(self._invocation.call(ADMIN, question)["events"], list[KeptEvent])
            found += page
            if len(page) < limit:
                break
        return found

    def acknowledge(self, event_id: str, note: str = "") -> bool:
        """Note that somebody has seen the event of that id, or that begins so; False where somebody had before.

        Raises ConfigurationError where there is none, or more than one.
        """
        fitting = [each.event for each in self.newest(_LOOKED_THROUGH) if each.event.id.startswith(event_id)]
        if len(fitting) != 1:
            found = "no event" if not fitting else f"{len(fitting)} events"
            raise ConfigurationError(f"{event_id!r}: {found} with this id; `t2mc events` lists them")
        key = {"timestamp": fitting[0].timestamp, "id": fitting[0].id}
        answer = self._invocation.call(ADMIN, {"action": "acknowledge", "event": key, "note": note})
        return bool(answer["acknowledged"])

    def follow(
        self,
        start: str,
        dark: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        rounds: int | None = None,
    ) -> Iterator[KeptEvent]:
        """The events from `start` on, oldest first, and then each as it comes; without an end, or so many questions.

        `dark` is called when the cloud stops answering.
        """
        seen: set[str] = set()
        answers = True
        for number in count() if rounds is None else range(rounds):
            if number:
                sleep(_EVERY)
            try:
                found = self.newest(_LOOKED_THROUGH, start)
            except RetryableError:
                if answers:
                    dark()
                answers = False
                continue
            answers = True
            yield from (each for each in reversed(found) if each.event.id not in seen)
            if found:
                start = max(start, from_datetime(to_datetime(found[0].event.timestamp) - _OVERLAP))
                seen = {each.event.id for each in found if each.event.timestamp >= start}


def has_events(topology: Topology) -> bool:
    """Whether a twin has an event table."""
    return any(each.name == ADMIN for each in topology.components)


def events_of(twin: OperatedTwin) -> TwinEvents:
    """The events of an operated twin. Raises ConfigurationError where it has none, TwinError where it is not there."""
    if not has_events(twin.topology):
        raise ConfigurationError(
            f'{twin.topology.twin} has no events: "enable_events" was not true when it was started'
        )
    return TwinEvents(twin.invocation(twin.placement[Slot.L2]))
