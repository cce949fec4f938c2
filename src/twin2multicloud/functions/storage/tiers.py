"""One series over all ages: ranges of the hot store go on into the cold store and the archive, on whichever cloud.

Tiers are asked from the youngest to the oldest. A mover writes the older tier before it deletes from the younger, so
that a reading which moves meanwhile is seen in at least one of them; seen twice, it is one row.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind, Trigger
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.functions.storage.chunk_rows import TierRows, merged, rows_in
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row
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


def rows_over_tiers(hot: HotStore, older: Sequence[Tier], query: RangeQuery) -> TierRows:
    """The rows of all tiers as one series, and the chunks in its time that have to be restored first."""
    parts: list[Sequence[Row]] = [hot.range(query)]
    archived: list[str] = []
    for tier in older:
        found = tier(query)
        parts.append(found.rows)
        archived += found.archived
    return TierRows(tuple(merged(parts, descending=query.descending))[: query.limit], archived)


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
