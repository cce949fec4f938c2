"""The hot store's rows in Cosmos DB: partition key ``/device_id``, queried by ``sort_key``. Only rows.

The error table's are kept the same way.
A row's properties are native JSON in ``values``. Cosmos DB's numbers are doubles, and 21.0 comes back as 21: whole
doubles, integers beyond 2**53, -0.0 and numbers below the normal ones stand as text in ``exact`` too.
Limits: learn.microsoft.com, "Azure Cosmos DB service quotas" (2 MB an item and a request, 100 operations a batch).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.ports.hot_store import Row, RowKey
from twin2multicloud.stores.rows import Put, Span, inexact, restored, row_key, sort_key
from twin2multicloud.wire.batches import batches

if TYPE_CHECKING:
    from azure.cosmos import ContainerProxy

BATCH = 100
_BATCH_BYTES = 1_800_000  # of 2 MB
_THREADS = 8
_CONFLICT = 409  # there is an item of that id
_LEAST_NORMAL = 2.2250738585072014e-308
_QUERY = (
    "SELECT * FROM c WHERE c.device_id = @device AND c.sort_key >= @low AND c.sort_key < @high ORDER BY c.sort_key {}"
)

Item = dict[str, Any]


class CosmosTable:
    """A `SortedTable` in one Cosmos DB container. Each device has its own batches; they are written concurrently."""

    max_row_bytes = 900_000  # of 2 MB: an exact text is kept beside its number

    def __init__(self, container: "ContainerProxy", name: str, *, what: str = "hot store") -> None:
        self._container, self._doing = container, f"{what} {name}"

    def put(self, rows: Sequence[Put]) -> None:
        """See `SortedTable.put`."""
        by_device: dict[str, list[Item]] = {}
        for row in rows:
            by_device.setdefault(row.device_id, []).append(_item(row))
        _side_by_side(
            [
                (self._put_batch, device_id, batch)
                for device_id, items in by_device.items()
                for batch in batches(items, most=BATCH, max_bytes=_BATCH_BYTES)
            ]
        )

    def add(self, row: Put) -> bool:
        """See `SortedTable.add`."""
        try:
            with domain_errors(self._doing):
                self._container.create_item(_item(row))
        except FinalError as error:
            if error.status != _CONFLICT:
                raise
            return False
        return True

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """See `SortedTable.delete`. A batch in which one row is gone already is deleted row by row."""
        ids = [_id(device_id, key) for key in keys]
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            try:
                with domain_errors(self._doing):
                    self._container.execute_item_batch([("delete", (each,)) for each in batch], device_id)
            except ConfigurationError as error:
                if not _is_missing(error):
                    raise
                self._delete_singly(device_id, batch)

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """See `SortedTable.page`."""
        low, high = within.texts
        with domain_errors(self._doing):
            found = self._container.query_items(
                _QUERY.format("DESC" if descending else "ASC"),
                parameters=[
                    {"name": "@device", "value": device_id},
                    {"name": "@low", "value": low},
                    {"name": "@high", "value": high},
                ],
                partition_key=device_id,
                max_item_count=limit,
            )
            return [_row(item, properties) for item in islice(found, limit)]

    def _put_batch(self, device_id: str, items: Sequence[Item]) -> None:
        with domain_errors(self._doing):
            if len(items) == 1:
                self._container.upsert_item(items[0])
            else:
                self._container.execute_item_batch([("upsert", (item,)) for item in items], device_id)

    def _delete_singly(self, device_id: str, ids: Sequence[str]) -> None:
        for each in ids:
            try:
                with domain_errors(self._doing):
                    self._container.delete_item(each, device_id)
            except ConfigurationError as error:
                if not _is_missing(error):
                    raise


def _is_missing(error: ConfigurationError) -> bool:
    return getattr(error.__cause__, "status_code", None) in (404, 424)


def _side_by_side(calls: Sequence[tuple[Callable[[str, Sequence[Item]], None], str, Sequence[Item]]]) -> None:
    """Make all calls, some at a time; the first error is raised when all are done."""
    if len(calls) == 1:
        call, device, items = calls[0]
        call(device, items)
        return
    from concurrent.futures import ThreadPoolExecutor  # a cold start that reads only does not pay for it

    with ThreadPoolExecutor(_THREADS) as pool:
        done = [pool.submit(call, device, items) for call, device, items in calls]
    for each in done:
        each.result()


def _id(device_id: str, key: RowKey) -> str:
    """Unique in the whole container, although Cosmos DB asks for it within a partition only."""
    return f"{hashlib.blake2b(device_id.encode(), digest_size=8).hexdigest()}.{sort_key(key)}"


def _item(row: Put) -> Item:
    exact = inexact(row.values, _keeps)
    return {
        "id": _id(row.device_id, row.key),
        "device_id": row.device_id,
        "sort_key": sort_key(row.key),
        "name": row.key.message_id,
        "values": dict(row.values),
        **({"exact": exact} if exact else {}),
    }


def _row(item: Mapping[str, Any], properties: Sequence[str] | None) -> Row:
    values = restored(item["values"].items(), item.get("exact", {}), properties)
    return Row(row_key(item["sort_key"], item["name"]), values)


def _keeps(value: Scalar) -> bool:
    match value:
        case bool() | str():
            return True
        case int():
            return abs(value) <= 1 << 53
        case _:
            return not value.is_integer() and abs(value) >= _LEAST_NORMAL
