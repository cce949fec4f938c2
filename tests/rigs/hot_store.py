"""A hot store in a dict: the shortest text of what a hot store is."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row, RowKey


class RigHotStore:
    """A `HotStore`. `down` makes it refuse for now; what `refuses` says yes to, it refuses for good."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[RowKey, Telemetry]] = defaultdict(dict)
        self.down = False
        self.refuses: Callable[[Telemetry], bool] = lambda _: False
        self.queries: list[RangeQuery] = []

    def write(self, readings: Sequence[Telemetry]) -> None:
        self._dark()
        if any(self.refuses(reading) for reading in readings):
            raise FinalError("the store does not take this reading")
        for each in readings:
            key = RowKey(str(each["timestamp"]), str(each["message_id"]))
            self.rows[str(each["device_id"])][key] = values_of(each)

    def range(self, query: RangeQuery) -> Sequence[Row]:
        self._dark()
        self.queries.append(query)
        rows = self.rows.get(query.device_id, {})
        keys = sorted((key for key in rows if _wanted(key, query)), reverse=query.descending)
        found = ((key, {name: rows[key][name] for name in query.properties if name in rows[key]}) for key in keys)
        return [Row(key, values) for key, values in found if values][: query.limit]

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        self._dark()
        latest: dict[str, tuple[str, Scalar]] = {}
        for key, values in sorted(self.rows.get(device_id, {}).items()):
            latest.update({name: (key.timestamp, values[name]) for name in properties if name in values})
        return latest

    def delete_range(self, device_id: str, start: str, end: str) -> int:
        self._dark()
        rows = self.rows.get(device_id, {})
        gone = [key for key in rows if start < key.timestamp <= end]
        for key in gone:
            del rows[key]
        return len(gone)

    def count(self) -> int:
        """How many rows there are, of all devices."""
        return sum(len(rows) for rows in self.rows.values())

    def _dark(self) -> None:
        if self.down:
            raise RetryableError("the hot store is dark")


class FailingHotStore:
    """Any `HotStore`, which is dark while it is `down` and refuses for good what `refuses` says yes to."""

    def __init__(self, store: HotStore) -> None:
        self._store = store
        self.down = False
        self.refuses: Callable[[Telemetry], bool] = lambda _: False
        self.range, self.last, self.delete_range = store.range, store.last, store.delete_range

    def write(self, readings: Sequence[Telemetry]) -> None:
        if self.down:
            raise RetryableError("the hot store is dark")
        if any(self.refuses(reading) for reading in readings):
            raise FinalError("the store does not take this reading")
        self._store.write(readings)


def _wanted(key: RowKey, query: RangeQuery) -> bool:
    if not query.start < key.timestamp <= query.end:
        return False
    return query.after is None or (key < query.after if query.descending else key > query.after)


class HotStoreRig:
    """What the contract suite needs to know of an adapter."""

    def __init__(self) -> None:
        self.store = RigHotStore()

    def settle(self) -> None:
        """Wait until what was written is durable and can be read."""
