"""An error table in memory, and error tables over whatever a hot store's rig has for a table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.rigs.hot_store import HotStoreRig, MemoryTable
from twin2multicloud.domain.errors import ErrorEvent, RetryableError, Severity
from twin2multicloud.ports.error_store import ErrorKey
from twin2multicloud.stores.sorted_error_store import ERRORS, SortedErrorStore


class RigErrorStore:
    """The error table in memory. `down` makes it refuse for now."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.down = False
        self._store = SortedErrorStore(self.table)

    def add(self, events: Sequence[ErrorEvent], *, unsent: bool = False) -> None:
        self._lit().add(events, unsent=unsent)

    def newest(self, since: str, limit: int, before: ErrorKey | None = None) -> Sequence[ErrorEvent]:
        return self._lit().newest(since, limit, before)

    def unsent(self, limit: int) -> Sequence[ErrorEvent]:
        return self._lit().unsent(limit)

    def sent(self, events: Sequence[ErrorEvent]) -> None:
        self._lit().sent(events)

    def forget(self, before: str, limit: int) -> int:
        return self._lit().forget(before, limit)

    def count(self) -> int:
        """How many events there are."""
        return len(self.table.rows[ERRORS])

    def _lit(self) -> SortedErrorStore:
        if self.down:
            raise RetryableError("the error table is dark")
        return self._store


class ErrorStoreRig:
    """What the contract suite needs to know of an adapter."""

    def __init__(self, rig: Any) -> None:
        self.store = SortedErrorStore(rig.table)
        self.settle: Callable[[], None] = rig.settle


def in_memory() -> ErrorStoreRig:
    return ErrorStoreRig(HotStoreRig())


def over(
    make: Callable[[Path], AbstractContextManager[Any]],
) -> Callable[[Path], AbstractContextManager[ErrorStoreRig]]:
    """The rig of an error table from that of a hot store: a table is a table."""

    @contextmanager
    def rig(folder: Path) -> Iterator[ErrorStoreRig]:
        with make(folder) as table:
            yield ErrorStoreRig(table)

    return rig


def error_event(number: int = 0, *, message: str = "größer 🌡", raw: str = '{"t": 21.5}', at: str = "") -> ErrorEvent:
    """An event as a function sends it; `number` makes its id and, where `at` does not say it, its second."""
    return ErrorEvent(
        twin_id="house",
        cloud_provider="aws",
        severity=Severity.WARNING,
        component="dispatcher",
        error_code="invalid-telemetry",
        message=message,
        timestamp=at or f"2026-01-15T10:30:{number % 60:02}.000Z",
        raw_data=raw,
        dedupe_key="aws/dispatcher/invalid-telemetry",
        id=f"{number:024x}",
    )
