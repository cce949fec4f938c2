"""What the live rigs of all clouds share: which clouds were chosen, names, waiting, order, rows kept apart.

Makes nothing on a cloud itself. Everything that a live rig makes has a name that begins with `PREFIX`, so that
`tests.rigs.live_cleanup` finds what a crash left.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count, product

import msgspec

from tests.rigs.clock import RigClock
from tests.rigs.vendor_processes import unavailable
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.ports.hot_store import Row, RowKey
from twin2multicloud.stores.rows import ALL_NOTES, ALL_READINGS, Put, Span
from twin2multicloud.stores.sorted_hot_store import SortedTable

CHOICE = "T2MC_LIVE"
PATIENCE = "T2MC_LIVE_PATIENCE_SECONDS"
CLOUDS = ("aws", "azure", "gcp")
PREFIX = "t2mc-test-"
RUN = f"{PREFIX}{secrets.token_hex(4)}"
"""What the names of this run begin with."""
READY_SECONDS = 120.0


_numbers = count(1)


def chosen(env: Mapping[str, str]) -> tuple[str, ...]:
    """The clouds to test live. Raises ConfigurationError where none is named, or one that there is not."""
    named = [each.strip() for each in env.get(CHOICE, "").split(",") if each.strip()]
    if not named or not set(named) <= set(CLOUDS):
        raise ConfigurationError(
            f"set {CHOICE} to the clouds whose accounts may be used, e.g. {CHOICE}={','.join(CLOUDS)}; "
            f"docs/live_tests.md says what each needs and costs"
        )
    return tuple(dict.fromkeys(named))


def unique(stem: str) -> str:
    """A name that nothing else in the account has: of lower-case letters, digits and dashes, as all services take."""
    return f"{RUN}-{stem}-{next(_numbers)}"


def setting(name: str) -> str:
    """A variable that says where something is that must exist beforehand; a skip (in CI a failure) without it."""
    found = os.environ.get(name, "").strip()
    if not found:
        unavailable(f"{name} is not set: docs/live_tests.md says what it is")
    return found


def patience() -> int:
    """Seconds that an empty queue is listened to before it counts as drained. Raises ConfigurationError.

    SQS waits for whole seconds, 20 at most: botocore's model of sqs, ``WaitTimeSeconds``.
    """
    told = os.environ.get(PATIENCE, "").strip() or "5"
    if not told.isdecimal() or int(told) > 20:
        raise ConfigurationError(f"{PATIENCE} is a number of whole seconds, at most 20, found {told!r}")
    return int(told)


def listen() -> None:
    """Give a service that cannot be asked to wait the time to deliver."""
    time.sleep(patience())


def until(ready: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait until something eventual has happened. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.5)


class LiveClock(RigClock):
    """Waits for real, as throttling wants it. Each look is a millisecond later: records can be put in order."""

    def now(self) -> str:
        self.advance(0.001)
        return super().now()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def in_order(records: Sequence[bytes]) -> list[bytes]:
    """Envelopes in the order in which they were made: real queues promise none."""
    return sorted(records, key=_queued_at)


def _queued_at(record: bytes) -> str:
    stamp: str = msgspec.json.decode(record)["queued_at"]
    return stamp


class ScopedTable:
    """A `SortedTable` whose devices have names of their own in a table that is shared: `remove` deletes their rows."""

    def __init__(self, table: SortedTable) -> None:
        self._table, self._scope = table, f"{unique('device')}-"
        self._devices: set[str] = set()
        self.max_row_bytes = table.max_row_bytes

    def put(self, rows: Sequence[Put]) -> None:
        self._devices |= {row.device_id for row in rows}
        replace = msgspec.structs.replace
        self._table.put([replace(row, device_id=self._scope + row.device_id) for row in rows])

    def add(self, row: Put) -> bool:
        self._devices.add(row.device_id)
        return self._table.add(msgspec.structs.replace(row, device_id=self._scope + row.device_id))

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        return self._table.page(self._scope + device_id, within, limit, properties, descending=descending)

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        self._table.delete(self._scope + device_id, keys)

    def remove(self) -> None:
        for device, within in product(self._devices, (ALL_READINGS, ALL_NOTES)):
            while rows := self.page(device, within, 1_000, ()):
                self.delete(device, [row.key for row in rows])


class Leftover(msgspec.Struct, frozen=True):
    """Something on a cloud that a live rig made, and how to delete it."""

    text: str
    delete: Callable[[], object]
