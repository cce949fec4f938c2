"""The hot store's rows in Firestore: ``devices/{device}/readings/{key}``, queried by ``sort_key``. Only rows.

A subcollection per device, because writes to one index in time order are limited to 500 a second: each device has its
own. A row's properties are native values in the map ``values``; Firestore tells integers from doubles and keeps both,
but -0.0 and numbers below the normal ones are left to chance: they stand as text in ``exact`` too. The error table's
rows are kept the same way.
Limits: cloud.google.com/firestore/quotas (1 MiB a document, 10 MiB a request, 500 writes in older clients).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.hot_store import Row, RowKey
from twin2multicloud.stores.rows import (
    Put,
    Span,
    escaped,
    inexact,
    plain,
    restored,
    row_key,
    sort_key,
    sortable,
)
from twin2multicloud.wire.batches import batches

if TYPE_CHECKING:
    from google.cloud.firestore import Client, CollectionReference, DocumentReference

BATCH = 500
TIMEOUT = 30.0
_CONFLICT = 409  # there is a document of that name
_BATCH_BYTES = 8_000_000  # of 10 MiB
_KEY_BYTES = 3_000  # at most, of a row's name and its document's
_LEAST_NORMAL = 2.2250738585072014e-308

Document = dict[str, Any]


class FirestoreTable:
    """A `SortedTable` in one Firestore database."""

    max_row_bytes = 800_000  # of 1 MiB: an exact text is kept beside its number

    def __init__(self, client: "Client", name: str, patience: float = PATIENCE, *, what: str = "hot store") -> None:
        self._client, self._doing, self._patience = client, f"{what} {name}", patience

    def put(self, rows: Sequence[Put]) -> None:
        """See `SortedTable.put`."""
        for batch in batches(rows, most=BATCH, max_bytes=_BATCH_BYTES, size_of=lambda row: len(row.body) + _KEY_BYTES):
            writes = self._client.batch()
            for row in batch:
                writes.set(self._document(row.device_id, row.key), _document(row))
            with domain_errors(self._doing):
                writes.commit(retry=patient(self._patience), timeout=TIMEOUT)

    def add(self, row: Put) -> bool:
        """See `SortedTable.add`."""
        try:
            with domain_errors(self._doing):
                self._document(row.device_id, row.key).create(
                    _document(row), retry=patient(self._patience), timeout=TIMEOUT
                )
        except FinalError as error:
            if error.status != _CONFLICT:
                raise
            return False
        return True

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """See `SortedTable.delete`."""
        for start in range(0, len(keys), BATCH):
            writes = self._client.batch()
            for key in keys[start : start + BATCH]:
                writes.delete(self._document(device_id, key))
            with domain_errors(self._doing):
                writes.commit(retry=patient(self._patience), timeout=TIMEOUT)

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """See `SortedTable.page`."""
        from google.cloud.firestore import FieldFilter, Query

        low, high = within.texts
        query = (
            self._readings(device_id)
            .where(filter=FieldFilter("sort_key", ">=", low))
            .where(filter=FieldFilter("sort_key", "<", high))
            .order_by("sort_key", direction=Query.DESCENDING if descending else Query.ASCENDING)
            .limit(limit)
        )
        with domain_errors(self._doing):
            return [
                _row(found.to_dict() or {}, properties)
                for found in query.stream(retry=patient(self._patience), timeout=TIMEOUT)
            ]

    def _readings(self, device_id: str) -> "CollectionReference":
        readings: CollectionReference = (
            self._client.collection("devices").document(sortable(device_id)).collection("readings")
        )
        return readings

    def _document(self, device_id: str, key: RowKey) -> "DocumentReference":
        return self._readings(device_id).document(sort_key(key))


def _document(row: Put) -> Document:
    exact = inexact(row.values, _keeps)
    return {
        "sort_key": sort_key(row.key),
        "name": row.key.message_id,
        "values": {escaped(name): value for name, value in row.values.items()},
        **({"exact": {escaped(name): text for name, text in exact.items()}} if exact else {}),
    }


def _row(document: Mapping[str, Any], properties: Sequence[str] | None) -> Row:
    values = ((plain(name), value) for name, value in document["values"].items())
    exact = {plain(name): text for name, text in document.get("exact", {}).items()}
    return Row(row_key(document["sort_key"], document["name"]), restored(values, exact, properties))


def _keeps(value: Scalar) -> bool:
    return not isinstance(value, float) or abs(value) >= _LEAST_NORMAL
