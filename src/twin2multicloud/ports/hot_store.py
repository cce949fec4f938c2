"""The hot store: recent readings, by device and time. Idempotent by (device_id, timestamp, message_id)."""

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.telemetry import Reading

BEFORE_ALL = "0000"
"""A start of a query that no stamp is before, or at."""

AFTER_ALL = "9999-12-31T23:59:59.999Z"
"""An end of a query that no stamp is after."""


class RowKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """A row's place within its device: time first, then message id."""

    timestamp: str
    message_id: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """One reading's selected properties. A property that the reading lacks is absent."""

    key: RowKey
    values: Mapping[str, Scalar]


class RangeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one device in ``(start, end]`` (canonical stamps, or `BEFORE_ALL`; TwinMaker's bounds), `limit` rows.

    `properties` are the ones wanted; rows that have none of them are left out. `after` is the last key already seen
    in the asked order: paging is by key, never by cursor, because that holds on every store.
    """

    device_id: str
    start: str
    end: str
    properties: tuple[str, ...]
    limit: int
    descending: bool = False
    after: RowKey | None = None


class HotStore(Protocol):
    """A hot store on one cloud."""

    def write(self, readings: Sequence[Reading]) -> None:
        """Write normalised readings; writing one again changes nothing. Raises RetryableError, FinalError."""
        ...

    def range(self, query: RangeQuery) -> Sequence[Row]:
        """The rows of a query in its order. Raises RetryableError."""
        ...

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        """The latest value of each property and its timestamp; properties never measured are absent.

        Raises RetryableError.
        """
        ...

    def measured(self, device_id: str) -> Set[str]:
        """The names of all properties that a device ever measured, deleted readings included. Raises RetryableError."""
        ...

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        """A device's first readings with a timestamp before `before` (canonical), in the order of their keys.

        With all of their properties, sorted by name, so that a reading has one form. `after` is the last key already
        seen. Fewer than `limit` only where there are no more. Raises RetryableError.
        """
        ...

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """Delete readings of a device, once they are safe elsewhere. They are gone for good on return.

        Those that are not there are ignored. Raises RetryableError: some may be gone, and the same call again deletes
        the rest.
        """
        ...

    def erase(self, device_id: str, limit: int) -> int:
        """Delete a device's first readings, up to `limit`, and what else is kept of it once no more are left.

        Returns how many there were: fewer than `limit` only where no more are left. They are gone for good on return.
        Raises RetryableError as `delete` does.
        """
        ...
