"""A hot store in memory: the engine that ships over a table of dicts. Any hot store, failing when it is told to."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading, Telemetry
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row, RowKey
from twin2multicloud.stores.rows import NOTES, Put, Span, sort_key
from twin2multicloud.stores.sorted_hot_store import SortedHotStore


class MemoryTable:
    """A `SortedTable`: the shortest text of what a table is."""

    max_row_bytes = 1_000_000

    def __init__(self) -> None:
        self.rows: dict[str, dict[RowKey, Mapping[str, Scalar]]] = defaultdict(dict)

    def put(self, rows: Sequence[Put]) -> None:
        for row in rows:
            self.rows[row.device_id][row.key] = row.values

    def add(self, row: Put) -> bool:
        if row.key in self.rows[row.device_id]:
            return False
        self.put([row])
        return True

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        low, high = within.texts
        rows = self.rows.get(device_id, {})
        keys = sorted((key for key in rows if low <= sort_key(key) < high), key=sort_key, reverse=descending)
        return [Row(key, _chosen(rows[key], properties)) for key in keys[:limit]]

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        for key in keys:
            self.rows.get(device_id, {}).pop(key, None)


def _chosen(values: Mapping[str, Scalar], properties: Sequence[str] | None) -> Mapping[str, Scalar]:
    return values if properties is None else {name: values[name] for name in properties if name in values}


class FailingHotStore:
    """Any `HotStore`. `down` makes it refuse for now; what `refuses` says yes to, it refuses for good."""

    def __init__(self, store: HotStore) -> None:
        self._store = store
        self.down = False
        self.fuse: Callable[[], None] = lambda: None  # called before everything, and may raise
        self.refuses: Callable[[Telemetry], bool] = lambda _: False

    def write(self, readings: Sequence[Reading]) -> None:
        store = self._lit()
        if any(self.refuses(reading.flat) for reading in readings):
            raise FinalError("the store does not take this reading")
        store.write(readings)

    def range(self, query: RangeQuery) -> Sequence[Row]:
        return self._lit().range(query)

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        return self._lit().last(device_id, properties)

    def measured(self, device_id: str) -> Set[str]:
        return self._lit().measured(device_id)

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        return self._lit().oldest(device_id, before, limit, after)

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        self._lit().delete(device_id, keys)

    def erase(self, device_id: str, limit: int) -> int:
        return self._lit().erase(device_id, limit)

    def _lit(self) -> HotStore:
        self.fuse()
        if self.down:
            raise RetryableError("the hot store is dark")
        return self._store


_PAGE = 1_000


def delete_between(store: HotStore, device_id: str, start: str, end: str) -> int:
    """Delete a device's readings in ``(start, end]`` as a mover does, page by page; returns how many there were."""
    after, deleted = RowKey(start, "\U0010ffff"), 0
    while True:
        page = store.oldest(device_id, "9999-12-31T23:59:59.999Z", _PAGE, after)
        keys = [RowKey(key.timestamp, key.message_id) for key in (reading.key for reading in page)]
        due = [key for key in keys if key.timestamp <= end]
        store.delete(device_id, due)
        deleted += len(due)
        if len(page) < _PAGE:
            return deleted
        after = keys[-1]


class RigHotStore(FailingHotStore):
    """The hot store in memory, failing when it is told to."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        super().__init__(SortedHotStore(self.table))

    @property
    def rows(self) -> dict[str, dict[RowKey, Mapping[str, Scalar]]]:
        """The readings of every device, in the order of their writing."""
        return {
            device: {key: values for key, values in rows.items() if key.timestamp != NOTES}
            for device, rows in self.table.rows.items()
        }

    def count(self) -> int:
        """How many readings there are, of all devices."""
        return sum(len(rows) for rows in self.rows.values())


class HotStoreRig:
    """What the contract suite needs to know of an adapter."""

    def __init__(self) -> None:
        self.store = RigHotStore()
        self.table = self.store.table

    def settle(self) -> None:
        """Wait until what was written is durable and can be read."""
