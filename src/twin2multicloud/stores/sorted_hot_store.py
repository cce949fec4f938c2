"""The hot store of every cloud: rows in order within a device. Owns what a hot store does; a table only keeps rows.

DynamoDB, Cosmos DB and Firestore differ in how they put, page and delete rows, and that is all that their adapters
say. Paging is by key, the device is part of every query, nothing is read that is not known to exist: what holds on all
three, and on their emulators.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.hot_store import RangeQuery, Row, RowKey
from twin2multicloud.stores.rows import (
    ALL_NOTES,
    ALL_READINGS,
    NOTED,
    Put,
    Span,
    as_reading,
    note_puts,
    noted,
    reading_put,
    span,
)

_KNOWN_DEVICES = 50_000  # whose properties one process remembers; a small function has 128 MB
_FIRST_PAGE, _LARGEST_PAGE = 16, 1_000  # rows
_NONE: frozenset[str] = frozenset()


class SortedTable(Protocol):
    """Rows by device and key. All methods raise RetryableError, ConfigurationError and, for bad rows, FinalError.

    `max_row_bytes`: of a row's values as JSON, what fits for certain.
    """

    max_row_bytes: int

    def put(self, rows: Sequence[Put]) -> None:
        """Write rows, each (device, key) at most once, in any order and grouping. A row that is there is the same row.

        A table may stage them if the host waits until they are durable before it answers.
        """
        ...

    def add(self, row: Put) -> bool:
        """Write a row where there is none with its key, durable on return; False where there is one, of whomever.

        One that was written, and whose answer was lost, may be False too.
        """
        ...

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """The first `limit` rows of a span, with those of their values (None: all); fewer only where there are no more.

        What the same thread has put before is there.
        """
        ...

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """Delete rows, those that are not there included. They are gone for good on return."""
        ...


class SortedHotStore:
    """A `HotStore` over a table.

    Beside its readings a device has notes of the properties that it ever measured, those that are new with a reading in
    one row. A process writes each once; they keep `last` from reading a device's whole history in search of a property
    that was never there.
    `known_devices`: of how many devices one process remembers the properties. `first_page`: how many rows `last` reads
    first; few where a question costs little.
    """

    def __init__(
        self, table: SortedTable, *, known_devices: int = _KNOWN_DEVICES, first_page: int = _FIRST_PAGE
    ) -> None:
        self._table, self._known_devices, self._first_page = table, known_devices, first_page
        self._known: dict[str, frozenset[str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}  # one set serves all devices with the same properties

    def write(self, readings: Sequence[Reading]) -> None:
        """See `ports.hot_store.HotStore.write`."""
        rows: dict[tuple[str, RowKey], Put] = {}
        notes: list[Put] = []
        measured: dict[str, frozenset[str]] = {}
        for reading in readings:
            row = reading_put(reading)
            self._check_size(row)
            rows[row.device_id, row.key] = row
            known = measured.get(row.device_id) or self._known.get(row.device_id, _NONE)
            if not known.issuperset(row.values):
                notes += note_puts(row.device_id, row.values.keys() - known)
                measured[row.device_id] = known.union(row.values)
        self._table.put([*notes, *rows.values()])
        self._remember(measured)

    def range(self, query: RangeQuery) -> Sequence[Row]:
        """See `ports.hot_store.HotStore.range`."""
        rows: list[Row] = []
        for page in self._pages(
            query.device_id, span(query), query.limit, query.properties, descending=query.descending
        ):
            rows += [row for row in page if row.values]
            if len(rows) >= query.limit:
                break
        return rows[: query.limit]

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        """See `ports.hot_store.HotStore.last`. Reads back from the newest row, until nothing more can be found."""
        found: dict[str, tuple[str, Scalar]] = {}
        missing = set(properties)
        pages = self._pages(device_id, ALL_READINGS, self._first_page, properties, descending=True)
        for number, page in enumerate(pages):
            for row in page:
                for name in missing & row.values.keys():
                    found[name] = row.key.timestamp, row.values[name]
                missing -= row.values.keys()
                if not missing:
                    break
            if number == 0 and missing:
                missing &= self.measured(device_id)
            if not missing:
                break
        return {name: found[name] for name in properties if name in found}

    def measured(self, device_id: str) -> set[str]:
        """See `ports.hot_store.HotStore.measured`."""
        pages = self._pages(device_id, ALL_NOTES, _LARGEST_PAGE, (NOTED,))
        return {name for page in pages for row in page for name in noted(row)}

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        """See `ports.hot_store.HotStore.oldest`."""
        within = Span(ALL_READINGS.after, (before, False, ""))
        if after is not None:
            within = within.beyond(after, descending=False)
        if within.is_empty:
            return []
        return [as_reading(device_id, row) for row in self._table.page(device_id, within, limit, None)]

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """See `ports.hot_store.HotStore.delete`."""
        for start in range(0, len(keys), _LARGEST_PAGE):
            self._table.delete(device_id, keys[start : start + _LARGEST_PAGE])

    def erase(self, device_id: str, limit: int) -> int:
        """See `ports.hot_store.HotStore.erase`. Another process may remember the device's properties for a while."""
        rows = self._table.page(device_id, ALL_READINGS, limit, ())
        self.delete(device_id, [row.key for row in rows])
        if len(rows) < limit:
            self.delete(device_id, [row.key for row in self._table.page(device_id, ALL_NOTES, _LARGEST_PAGE, ())])
            self._known.pop(device_id, None)
        return len(rows)

    def _pages(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str], *, descending: bool = False
    ) -> Iterator[Sequence[Row]]:
        """All rows of a span, in pages that grow: a reader that finds little asks for more at once.

        What takes several of the largest is cut into equal ones, so that the last reads no row in vain.
        """
        pages = -(-limit // _LARGEST_PAGE)
        largest = _LARGEST_PAGE if pages == 1 else -(-limit // pages)
        while not within.is_empty:
            limit = min(limit, largest)
            rows = self._table.page(device_id, within, limit, properties, descending=descending)
            if rows:
                yield rows
            if len(rows) < limit:
                return
            within = within.beyond(rows[-1].key, descending=descending)
            limit *= 4

    def _remember(self, measured: Mapping[str, frozenset[str]]) -> None:
        """What is written need not be written again."""
        if len(self._known) + len(measured) > self._known_devices:
            self._known.clear()
            self._sets.clear()
        for device, names in measured.items():
            self._known[device] = self._sets.setdefault(names, names)

    def _check_size(self, row: Put) -> None:
        if len(row.body) > self._table.max_row_bytes:
            raise FinalError(
                f"the reading of {row.device_id[:60]!r} has {len(row.body)} bytes, "
                f"the hot store's limit is {self._table.max_row_bytes}",
                413,
            )
