"""The event table of every cloud, over the same kind of table as the hot store's. Owns what an event table does.

Its rows never change. A device's memory is a row per revision, of which a table takes each once: whoever makes it has
seen the one before. A note and a done action are rows of their own, beside the event that they are about.
"""

from collections.abc import Mapping, Sequence

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.event_rule import Event, EventNote, KeptEvent
from twin2multicloud.domain.timestamps import from_milliseconds, to_milliseconds
from twin2multicloud.ports.event_store import EventKey, Remembered
from twin2multicloud.ports.hot_store import BEFORE_ALL, RowKey
from twin2multicloud.stores.rows import ALL_READINGS, Put, Span
from twin2multicloud.stores.sorted_hot_store import SortedTable

EVENTS, ACKNOWLEDGED, ACTED = "events", "acknowledged", "acted"
"""The partitions beside one for each device."""

_OLD_REVISIONS = 20
"""How many are left before they are deleted together: a deletion costs as much as a write."""
_END = ALL_READINGS.before


class SortedEventStore:
    """An `EventStore` over a table."""

    def __init__(self, table: SortedTable) -> None:
        self._table = table

    def remembered(self, device_id: str) -> Remembered:
        """See `ports.event_store.EventStore.remembered`."""
        for row in self._table.page(_of(device_id), ALL_READINGS, 1, None, descending=True):
            return Remembered(to_milliseconds(row.key.timestamp), str(row.values["body"]))
        return Remembered()

    def remember(self, device_id: str, seen: Remembered, body: str) -> bool:
        """See `ports.event_store.EventStore.remember`. Revisions are counted as milliseconds, which order rows."""
        partition, revision = _of(device_id), seen.revision + 1
        if not self._table.add(self._row(partition, _revision(revision), {"body": body})):
            return False
        if revision % _OLD_REVISIONS == 0:
            old = Span(ALL_READINGS.after, (from_milliseconds(revision), False, ""))
            keys = [row.key for row in self._table.page(partition, old, 10 * _OLD_REVISIONS, ())]
            self._table.delete(partition, keys)
        return True

    def add(self, events: Sequence[Event]) -> None:
        """See `ports.event_store.EventStore.add`."""
        once = {(each.timestamp, each.id): each for each in events}
        if once:
            self._table.put([self._row(EVENTS, RowKey(*key), _said(each)) for key, each in once.items()])

    def acknowledge(self, event: EventKey, note: EventNote) -> bool:
        """See `ports.event_store.EventStore.acknowledge`."""
        return self._table.add(self._row(ACKNOWLEDGED, _key(event), msgspec.to_builtins(note)))

    def has_acted(self, event: EventKey) -> bool:
        """See `ports.event_store.EventStore.has_acted`."""
        return bool(self._beside(ACTED, [_key(event)]))

    def acted(self, event: EventKey, at: str) -> None:
        """See `ports.event_store.EventStore.acted`."""
        self._table.add(self._row(ACTED, _key(event), {"at": at}))

    def newest(self, since: str, limit: int, before: EventKey | None = None) -> Sequence[KeptEvent]:
        """See `ports.event_store.EventStore.newest`."""
        within = Span((since, False, ""), _END)
        if before is not None:
            within = within.beyond(_key(before), descending=True)
        if within.is_empty:
            return []
        rows = self._table.page(EVENTS, within, limit, None, descending=True)
        keys = sorted(row.key for row in rows)
        notes, acted = self._beside(ACKNOWLEDGED, keys), self._beside(ACTED, keys)
        return [
            KeptEvent(
                event=msgspec.json.decode(str(row.values["event"]), type=Event),
                acknowledged=msgspec.convert(notes[row.key], EventNote) if row.key in notes else None,
                acted_at=str(acted[row.key]["at"]) if row.key in acted else "",
            )
            for row in rows
        ]

    def forget(self, before: str, limit: int) -> int:
        """See `ports.event_store.EventStore.forget`."""
        within = Span((BEFORE_ALL, False, ""), (before, False, ""))
        keys = [row.key for row in self._table.page(EVENTS, within, limit, ())]
        for partition in (ACKNOWLEDGED, ACTED, EVENTS) if keys else ():
            self._table.delete(partition, keys)
        return len(keys)

    def _beside(self, partition: str, keys: Sequence[RowKey]) -> dict[RowKey, Mapping[str, Scalar]]:
        """The rows of a partition with these keys, which are sorted: at most one for each event."""
        if not keys:
            return {}
        span = Span((keys[0].timestamp, False, ""), (keys[-1].timestamp, True, ""))
        found: dict[RowKey, Mapping[str, Scalar]] = {}
        page = 1_000
        while not span.is_empty:
            rows = self._table.page(partition, span, page, None)
            found |= {row.key: row.values for row in rows}
            if len(rows) < page:
                break
            span = span.beyond(rows[-1].key, descending=False)
        return {key: found[key] for key in keys if key in found}

    def _row(self, partition: str, key: RowKey, values: Mapping[str, Scalar]) -> Put:
        body = msgspec.json.encode(values)
        if len(body) > self._table.max_row_bytes:
            raise FinalError(f"a row of {len(body)} bytes, the event table's limit is {self._table.max_row_bytes}", 413)
        return Put(partition, key, values, body)


def _of(device_id: str) -> str:
    """A device's partition: no id has a space."""
    return f"device {device_id}"


def _revision(number: int) -> RowKey:
    return RowKey(from_milliseconds(number), "")


def _key(event: EventKey) -> RowKey:
    return RowKey(event.timestamp, event.id)


def _said(event: Event) -> dict[str, Scalar]:
    return {"event": msgspec.json.encode(event).decode()}
