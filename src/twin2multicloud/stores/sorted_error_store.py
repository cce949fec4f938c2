"""The error table of every cloud, over the same kind of table as the hot store's. Owns what an error table does.

Its rows never change, they are only put and deleted: an event is a row, and one that is to be sent on is a second row
among the unsent, which goes once it was sent. So a delivery that comes twice changes nothing, and no two reporters can
lose each other's counts: readers add up the events of one key.
"""

from collections.abc import Mapping, Sequence

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import ErrorEvent, FinalError
from twin2multicloud.ports.error_store import ErrorKey
from twin2multicloud.ports.hot_store import BEFORE_ALL, Row, RowKey
from twin2multicloud.stores.rows import ALL_READINGS, Put, Span
from twin2multicloud.stores.sorted_hot_store import SortedTable

ERRORS, UNSENT = "errors", "unsent"
"""The two partitions."""

_END = ALL_READINGS.before


class SortedErrorStore:
    """An `ErrorStore` over a table."""

    def __init__(self, table: SortedTable) -> None:
        self._table = table

    def add(self, events: Sequence[ErrorEvent], *, unsent: bool = False) -> None:
        """See `ports.error_store.ErrorStore.add`."""
        once = {_key(each): each for each in events}
        partitions = (ERRORS, UNSENT) if unsent else (ERRORS,)
        rows = [self._row(partition, key, each) for key, each in once.items() for partition in partitions]
        if rows:
            self._table.put(rows)

    def newest(self, since: str, limit: int, before: ErrorKey | None = None) -> Sequence[ErrorEvent]:
        """See `ports.error_store.ErrorStore.newest`."""
        within = Span((since, False, ""), _END)
        if before is not None:
            within = within.beyond(RowKey(before.timestamp, before.id), descending=True)
        return self._page(ERRORS, within, limit, descending=True)

    def unsent(self, limit: int) -> Sequence[ErrorEvent]:
        """See `ports.error_store.ErrorStore.unsent`."""
        return self._page(UNSENT, Span((BEFORE_ALL, False, ""), _END), limit)

    def sent(self, events: Sequence[ErrorEvent]) -> None:
        """See `ports.error_store.ErrorStore.sent`."""
        if events:
            self._table.delete(UNSENT, [_key(each) for each in events])

    def forget(self, before: str, limit: int) -> int:
        """See `ports.error_store.ErrorStore.forget`."""
        within = Span((BEFORE_ALL, False, ""), (before, False, ""))
        keys = [row.key for row in self._table.page(ERRORS, within, limit, ())]
        if keys:
            self._table.delete(UNSENT, keys)
            self._table.delete(ERRORS, keys)
        return len(keys)

    def _page(self, partition: str, within: Span, limit: int, *, descending: bool = False) -> list[ErrorEvent]:
        if within.is_empty:
            return []
        return [_event(row) for row in self._table.page(partition, within, limit, None, descending=descending)]

    def _row(self, partition: str, key: RowKey, event: ErrorEvent) -> Put:
        body = msgspec.json.encode(event)
        if len(body) > self._table.max_row_bytes:
            raise FinalError(f"an error event has {len(body)} bytes, the limit is {self._table.max_row_bytes}", 413)
        values: Mapping[str, Scalar] = msgspec.to_builtins(event)
        return Put(partition, key, values, body)


def _key(event: ErrorEvent) -> RowKey:
    return RowKey(event.timestamp, event.id)


def _event(row: Row) -> ErrorEvent:
    return msgspec.convert(row.values, ErrorEvent)
