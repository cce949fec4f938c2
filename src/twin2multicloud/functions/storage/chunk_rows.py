"""Readings out of an object store: the chunks of a device as the rows of a range query. Owns no format."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.functions.storage.chunks import device_prefix, read_name, readings_in
from twin2multicloud.ports.hot_store import RangeQuery, Row, RowKey
from twin2multicloud.ports.object_store import ObjectStore, StoredObject

if TYPE_CHECKING:
    from twin2multicloud.domain.rota import Share

_LISTED = 1_000


class TierRows(msgspec.Struct, frozen=True):
    """The rows of a range query in one tier, and the names of the chunks that have to be restored to say more."""

    rows: Sequence[Row]
    archived: Sequence[str] = ()


def all_objects(store: ObjectStore, prefix: str = "", after: str = "") -> Iterator[StoredObject]:
    """The objects of a prefix after a name, in the order of their names, in as many listings as the consumer wants."""
    while True:
        page = store.objects(prefix, after, _LISTED)
        yield from page
        if len(page) < _LISTED:
            return
        after = page[-1].name


def objects_of(store: ObjectStore, devices: Sequence[str], share: "Share") -> Iterator[StoredObject]:
    """The objects of a share of the devices; those of devices that are not known are in one of the shares too."""
    start, end = share.span(sorted(device_prefix(each) for each in devices))
    if start == end:
        return iter(())
    listed = all_objects(store, after=start)
    return listed if end is None else takewhile(lambda stored: stored.name < end, listed)


def rows_in(store: ObjectStore, query: RangeQuery) -> TierRows:
    """Answer a range query out of a device's chunks, in the order of time, until there are as many rows as asked for.

    A reading that is in two chunks is one row. Raises RetryableError, FinalError for a damaged chunk.
    """
    rows: list[Row] = []
    archived: list[str] = []
    for chunks in _overlapping(store, query):
        found = [_rows(store, stored.name, query) for stored in chunks if not stored.archived]
        archived += [stored.name for stored in chunks if stored.archived]
        rows += merged(found, descending=query.descending)
        if len(rows) >= query.limit:
            break
    return TierRows(rows[: query.limit], archived)


def merged(parts: Sequence[Sequence[Row]], *, descending: bool) -> Iterator[Row]:
    """Rows of several sources, each in order, as one series in order: a row that is in two of them comes once."""
    series: Iterable[Row] = heapq.merge(*parts, key=lambda row: row.key, reverse=descending)
    return (next(same) for _, same in groupby(series, key=lambda row: row.key))


def _overlapping(store: ObjectStore, query: RangeQuery) -> Sequence[Sequence[StoredObject]]:
    """The chunks that may have rows of a query, in its order; those whose times overlap together."""
    prefix = device_prefix(query.device_id)
    first = max(query.start, query.after.timestamp if query.after and not query.descending else "")
    last = min(query.end, query.after.timestamp if query.after and query.descending else query.end)
    listed = all_objects(store, prefix, f"{prefix}day={first[:10]}")
    chunks = ((read_name(stored.name), stored) for stored in listed)
    wanted: list[list[StoredObject]] = []
    reach = ""
    for chunk, stored in chunks:
        if chunk is None:
            continue
        if chunk.day > last[:10]:
            break
        if chunk.last >= first and chunk.first <= last:
            if chunk.first > reach:
                wanted.append([])
            wanted[-1].append(stored)
            reach = max(reach, chunk.last)
    return wanted[::-1] if query.descending else wanted


def _rows(store: ObjectStore, name: str, query: RangeQuery) -> list[Row]:
    """The rows of one chunk that a query asks for, in its order.

    A chunk that has gone since it was listed has none: a mover took it on, and the older tier is asked after this one.
    """
    rows: list[Row] = []
    try:
        body = store.read(name)
    except FinalError as error:
        if error.status == 404:
            return rows
        raise
    for reading in readings_in(name, body):
        key, _, values = reading.parts
        place = RowKey(key.timestamp, key.message_id)
        if not query.start < key.timestamp <= query.end or not _is_after(place, query):
            continue
        kept = {name: values[name] for name in query.properties if name in values}
        if kept:
            rows.append(Row(place, kept))
    return rows[::-1] if query.descending else rows


def _is_after(key: RowKey, query: RangeQuery) -> bool:
    if query.after is None:
        return True
    return key < query.after if query.descending else key > query.after
