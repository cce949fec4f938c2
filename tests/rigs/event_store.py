"""An event table in memory, and event tables over whatever a hot store's rig has for a table."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.rigs.hot_store import HotStoreRig, MemoryTable
from twin2multicloud.stores.sorted_event_store import SortedEventStore


class RigEventStore(SortedEventStore):
    """The event table in memory."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        super().__init__(self.table)


class EventStoreRig:
    """What the contract suite needs to know of an adapter."""

    def __init__(self, rig: Any) -> None:
        self.store = SortedEventStore(rig.table)
        self.settle: Callable[[], None] = rig.settle


def in_memory() -> EventStoreRig:
    return EventStoreRig(HotStoreRig())


def over(
    make: Callable[[Path], AbstractContextManager[Any]],
) -> Callable[[Path], AbstractContextManager[EventStoreRig]]:
    """The rig of an event table from that of a hot store: a table is a table."""

    @contextmanager
    def made(folder: Path) -> Iterator[EventStoreRig]:
        with make(folder) as rig:
            yield EventStoreRig(rig)

    return made
