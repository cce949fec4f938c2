"""The hot store of every cloud: rows in order within a device. Owns what a hot store does; a table only keeps rows.

DynamoDB, Cosmos DB and Firestore differ in how they put, page and delete rows, and that is all that their adapters
say. Paging is by key, the device is part of every query, nothing is read that is not known to exist: what holds on all
three, and on their emulators.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.ports.hot_store import RangeQuery, Row
from twin2multicloud.stores.rows import (
    PROPERTY_ROWS,
    StoredRow,
    bounds,
    property_row,
    reading_row,
    time_bounds,
)

_KNOWN_DEVICES = 50_000  # whose properties one process remembers; a small function has 128 MB
_FIRST_PAGE, _LARGEST_PAGE = 16, 1_000
_START, _END = "0000-00-00T00:00:00.000Z", "9999-99-99T00:00:00.000Z"

Put = tuple[str, StoredRow]
"""A device and one of its rows."""


class SortedTable(Protocol):
    """Rows by device and sort key. All methods raise RetryableError, ConfigurationError and, for bad rows, FinalError.

    `max_row_bytes`: of a row's values as JSON, what fits for certain.
    """

    max_row_bytes: int

    def put(self, rows: Sequence[Put]) -> None:
        """Write rows, each (device, sort key) at most once, over what is there. In any order and any grouping."""
        ...

    def page(self, device_id: str, low: str, high: str, limit: int, *, descending: bool = False) -> Sequence[StoredRow]:
        """The first `limit` rows with ``low <= sort_key < high``; fewer only where there are no more."""
        ...

    def delete(self, device_id: str, sort_keys: Sequence[str]) -> None:
        """Delete rows, those that are not there included."""
        ...


class SortedHotStore:
    """A `HotStore` over a table.

    Beside its readings a device has one row for each property that it ever measured. It is written once per process,
    and keeps `last` from reading a device's whole history in search of a property that was never there.
    """

    def __init__(self, table: SortedTable) -> None:
        self._table = table
        self._known: dict[str, frozenset[str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}  # one set serves all devices with the same properties

    def write(self, readings: Sequence[Telemetry]) -> None:
        """See `ports.hot_store.HotStore.write`."""
        rows: dict[tuple[str, str], Put] = {}
        measured: dict[str, set[str]] = {}
        for reading in readings:
            device, row = str(reading["device_id"]), reading_row(reading)
            self._check_size(device, row)
            rows[device, row.sort_key] = device, row
            measured.setdefault(device, set()).update(row.values)
        notes = [
            (device, property_row(name)) for device, names in measured.items() for name in self._new(device, names)
        ]
        self._table.put([*notes, *rows.values()])
        self._remember(measured)

    def range(self, query: RangeQuery) -> Sequence[Row]:
        """See `ports.hot_store.HotStore.range`."""
        low, high = bounds(query)
        rows: list[Row] = []
        for stored in self._scan(query.device_id, low, high, query.limit, descending=query.descending):
            values = {name: stored.values[name] for name in query.properties if name in stored.values}
            if values:
                rows.append(Row(stored.key, values))
                if len(rows) == query.limit:
                    break
        return rows

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        """See `ports.hot_store.HotStore.last`. Reads back from the newest row, until nothing more can be found."""
        found: dict[str, tuple[str, Scalar]] = {}
        missing = set(properties)
        low, high = time_bounds(_START, _END)
        for count, row in enumerate(self._scan(device_id, low, high, _FIRST_PAGE, descending=True), 1):
            for name in missing & row.values.keys():
                found[name] = row.key.timestamp, row.values[name]
            missing -= row.values.keys()
            if count == _FIRST_PAGE:
                missing &= self._measured(device_id)
            if not missing:
                break
        return {name: found[name] for name in properties if name in found}

    def delete_range(self, device_id: str, start: str, end: str) -> int:
        """See `ports.hot_store.HotStore.delete_range`."""
        low, high = time_bounds(start, end)
        deleted = 0
        while low < high and (rows := self._table.page(device_id, low, high, _LARGEST_PAGE)):
            self._table.delete(device_id, [row.sort_key for row in rows])
            deleted += len(rows)
            if len(rows) < _LARGEST_PAGE:
                break
        return deleted

    def _scan(self, device_id: str, low: str, high: str, limit: int, *, descending: bool) -> Iterator[StoredRow]:
        """All rows between two keys, in pages that grow: a reader that finds little asks for more at once."""
        while low < high:
            limit = min(limit, _LARGEST_PAGE)
            rows = self._table.page(device_id, low, high, limit, descending=descending)
            yield from rows
            if len(rows) < limit:
                return
            low, high = (low, rows[-1].sort_key) if descending else (rows[-1].sort_key + "!", high)
            limit *= 4

    def _measured(self, device_id: str) -> set[str]:
        """The names of all properties that a device ever measured."""
        return {row.name for row in self._scan(device_id, *PROPERTY_ROWS, _LARGEST_PAGE, descending=False)}

    def _new(self, device: str, names: set[str]) -> Sequence[str]:
        return sorted(names - self._known.get(device, frozenset()))

    def _remember(self, measured: Mapping[str, set[str]]) -> None:
        """What is written need not be written again."""
        if len(self._known) + len(measured) > _KNOWN_DEVICES:
            self._known.clear()
            self._sets.clear()
        for device, names in measured.items():
            all_names = self._known.get(device, frozenset()) | names
            self._known[device] = self._sets.setdefault(all_names, all_names)

    def _check_size(self, device: str, row: StoredRow) -> None:
        size = len(msgspec.json.encode(row.values))
        if size > self._table.max_row_bytes:
            said = f"the reading of {device[:60]!r} has {size} bytes, the hot store takes {self._table.max_row_bytes}"
            raise FinalError(said, 413)
