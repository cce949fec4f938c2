"""One series over all ages: ranges of the hot store go on into the cold store and the archive, on whichever cloud.

Tiers are asked from the youngest to the oldest. A mover writes the older tier before it deletes from the younger, so
that a reading which moves meanwhile is seen in at least one of them; seen twice, it is one row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind, Trigger
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import day_before, from_milliseconds, to_milliseconds
from twin2multicloud.functions.storage.chunk_rows import TierRows, merged, rows_in
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.hot_store import AFTER_ALL, BEFORE_ALL, HotStore, RangeQuery, Row, RowKey
from twin2multicloud.ports.object_store import ObjectStore
from twin2multicloud.wire.calls import endpoint, post, token_header
from twin2multicloud.wire.environment import remote_side

Tier = Callable[[RangeQuery], TierRows]
"""An older tier's answer to a range query."""


def older_tiers(parts: Parts) -> list[Tier]:
    """The cold store and the archive of a twin, here or behind their readers on another cloud."""
    return [
        _remote(parts, Kind.COLD_READER, "REMOTE_COLD_READER_URL", "L3_COLD_CLOUD")
        or partial(rows_in, parts.cold_store),
        _remote(parts, Kind.ARCHIVE_READER, "REMOTE_ARCHIVE_READER_URL", "L3_ARCHIVE_CLOUD")
        or partial(rows_in, parts.archive_store),
    ]


def unmoved_since(now: str) -> str:
    """From when on the hot store has everything: no mover moves a day before it is over."""
    return day_before(now, 1)


def rows_over_tiers(hot: HotStore, older: Sequence[Tier], query: RangeQuery) -> TierRows:
    """The rows of all tiers as one series, and the chunks in its time that have to be restored first."""
    parts: list[Sequence[Row]] = [hot.range(query)]
    archived: list[str] = []
    for tier in older:
        found = tier(query)
        parts.append(found.rows)
        archived += found.archived
    return TierRows(tuple(merged(parts, descending=query.descending))[: query.limit], archived)


def pages_over_tiers(
    hot: HotStore, older: Sequence[Tier], query: RangeQuery, archived: set[str]
) -> Iterator[Sequence[Row]]:
    """The whole series of a query, page by page, `limit` rows of each tier in memory; adds to `archived`.

    Every row is read once. Of any time the tiers are asked from the youngest to the oldest, here too: what was read
    ahead of a younger one bounds what an older one is asked for. Raises RetryableError, FinalError.
    """
    tiers = [_Ahead(tier) for tier in (lambda asked: TierRows(hot.range(asked)), *older)]
    after: RowKey | None = None
    while True:
        until: RowKey | None = None
        for tier in tiers:
            until = tier.reach(query, after, until, archived)
        yield list(merged([tier.take(until, query) for tier in tiers], descending=query.descending))
        if until is None:
            return
        after = until


class _Ahead:
    """What was read of one tier ahead of the series: its rows up to `_until`; None is the query's end."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._rows: Sequence[Row] = ()
        self._until: RowKey | None = None
        self._began = False

    def reach(self, query: RangeQuery, after: RowKey | None, until: RowKey | None, archived: set[str]) -> RowKey | None:
        """Have the rows behind `after` and at most up to `until`; returns up to where they are all here."""
        if not self._began or (after is not None and self._until == after):
            self._began = True
            found = self._tier(msgspec.structs.replace(_up_to(until, query), after=after))
            archived.update(found.archived)
            self._rows, self._until = found.rows, until
            if len(found.rows) >= query.limit:
                last = found.rows[-1].key
                self._until = until if until is not None and _is_behind(last, until, query) else last
        return self._until

    def take(self, until: RowKey | None, query: RangeQuery) -> Sequence[Row]:
        """The rows up to `until`, which are not kept."""
        behind = (
            place for place, row in enumerate(self._rows) if until is not None and _is_behind(row.key, until, query)
        )
        count = next(behind, len(self._rows))
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken


def _is_behind(key: RowKey, other: RowKey, query: RangeQuery) -> bool:
    return key < other if query.descending else key > other


def _up_to(until: RowKey | None, query: RangeQuery) -> RangeQuery:
    """A query that ends with the time of a key, in its order."""
    if until is None:
        return query
    if query.descending:
        before = from_milliseconds(to_milliseconds(until.timestamp) - 1)
        return msgspec.structs.replace(query, start=max(query.start, before))
    return msgspec.structs.replace(query, end=min(query.end, until.timestamp))


Latest = dict[str, tuple[str, Scalar]]
"""By property: when it was measured last (canonical stamp), and the value."""


def last_over_tiers(
    hot: HotStore, older: Sequence[Tier], device_id: str, properties: tuple[str, ...], now: str
) -> tuple[Latest, Sequence[str]]:
    """The latest value of each property over all tiers, and the chunks that have to be restored to be sure of it.

    An older tier is asked for what the younger ones lack although it was measured, and for what may be later than they
    say: a late reading in the hot store may be of a time of which the rest has moved. Raises RetryableError,
    FinalError.
    """
    found: Latest = dict(hot.last(device_id, properties))
    absent = set(properties) - found.keys()
    wanted = {name for name, (stamp, _) in found.items() if stamp < unmoved_since(now)}
    if absent:
        wanted |= absent & hot.measured(device_id)
    archived: set[str] = set()
    for tier in older if wanted else ():
        archived |= _find_later(tier, device_id, wanted, found)
    return found, sorted(archived)


def _find_later(tier: Tier, device_id: str, properties: Iterable[str], found: Latest) -> set[str]:
    """Put in what a tier has that is later than what was found; returns the chunks that it could not read.

    From the newest row back: each has the latest value of at least one of the properties that are still looked for.
    """
    archived: set[str] = set()
    left, after = set(properties), None
    while left:
        query = RangeQuery(
            device_id=device_id,
            start=min(found[name][0] if name in found else BEFORE_ALL for name in left),
            end=AFTER_ALL,
            properties=tuple(sorted(left)),
            limit=1,
            descending=True,
            after=after,
        )
        answer = tier(query)
        archived.update(answer.archived)
        if not answer.rows:
            break
        (row,) = answer.rows
        for name, value in row.values.items():
            if name not in found or row.key.timestamp > found[name][0]:
                found[name] = row.key.timestamp, value
        left -= row.values.keys()
        after = row.key
    return archived


def reader_endpoint(parts: Parts, store: ObjectStore) -> Function:
    """The function that answers range queries of the hot reader on another cloud: HTTP -> the object store."""

    def read(arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            query = msgspec.convert(arguments, RangeQuery)
        except msgspec.ValidationError as error:
            raise FinalError(f"not a range query: {error}", 400) from error
        answer: dict[str, Any] = msgspec.to_builtins(rows_in(store, query))
        return answer

    return parts.function({Trigger.HTTP: endpoint(parts.tokens, read)})


def _remote(parts: Parts, function: str, url_variable: str, cloud_variable: str) -> Tier | None:
    remote = remote_side(parts.env, url_variable, cloud_variable, parts.ports.log)
    if remote is None:
        return None
    transport, headers = parts.ports.transport, token_header(remote.token)

    def ask(query: RangeQuery) -> TierRows:
        return msgspec.convert(post(transport, remote.url, headers, function, query), TierRows)

    return ask
