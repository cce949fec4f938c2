"""Archive-store admin (L3-archive): lists, restores and erases, and deletes what is past the archive retention.

A deletion is recorded before it happens, as an object beside the chunks: ``deleted/<the run's time>-<digest>.jsonl``,
a line for each chunk with its name (device, day, number of readings, digest of their bytes) and its size. Where a run
is killed between the two, the next one deletes and records again what is still there.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from twin2multicloud.domain.rota import WHOLE, Rota, Share
from twin2multicloud.domain.timestamps import day_before
from twin2multicloud.functions.storage.administration import ObjectStoreAdmin, admin_function
from twin2multicloud.functions.storage.chunk_rows import objects_of
from twin2multicloud.functions.storage.chunks import ChunkName, read_name
from twin2multicloud.functions.storage.moving import RUN_SECONDS, in_turn
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.object_store import ObjectStore, StoredObject
from twin2multicloud.wire.environment import optional_env
from twin2multicloud.wire.limits import CALL_SECONDS

RECORDS = "deleted/"
"""What the names of records of deletions begin with."""
_RECORDED = 1_000  # chunks of one record


def build(parts: Parts) -> Function:
    """Schedule, or native call of the operator -> the archive."""
    store, clock, catalog = parts.archive_store, parts.ports.clock, parts.ports.catalog
    admin = ObjectStoreAdmin(store, clock)
    days = optional_env(parts.env, "ARCHIVE_RETENTION_DAYS")
    if days is None:
        return admin_function(parts, admin.actions)
    devices, rota = tuple(catalog.ids()), Rota(clock.now())
    expiry = ArchiveExpiry(store, admin, clock, devices, int(days))
    return admin_function(
        parts,
        {**admin.actions, "expire": lambda _: expiry.run(CALL_SECONDS, [WHOLE])},
        lambda _: in_turn(rota, clock, lambda shares: expiry.run(RUN_SECONDS, shares)),
    )


class ArchiveExpiry:
    """Deletes the chunks whose day ended before the retention, by the time of their readings."""

    def __init__(
        self, store: ObjectStore, admin: ObjectStoreAdmin, clock: Clock, devices: Sequence[str], retention_days: int
    ) -> None:
        self._store, self._admin, self._clock = store, admin, clock
        self._devices, self._days = devices, retention_days

    def run(self, seconds: float, shares: Iterable[Share]) -> dict[str, Any]:
        """Record and delete what is due; as a mover answers, with the names of the records besides.

        Raises RetryableError, FinalError: the next run goes on where this one was.
        """
        now = self._clock.now()
        before = day_before(now, self._days)
        total: dict[str, Any] = {"objects": 0, "readings": 0, "bytes": 0, "finished": True}
        records: list[str] = []
        until = self._clock.monotonic() + seconds
        for share in shares:
            due = self._due(share, before)
            while total["finished"] and (batch := list(islice(due, _RECORDED))):
                records.append(self._record(now, batch))
                done = self._admin.delete(iter(batch), until - self._clock.monotonic())
                total = {key: total[key] + done[key] for key in ("objects", "readings", "bytes")} | {
                    "finished": done["finished"]
                }
            if not total["finished"]:
                break
        return {**total, "records": records}

    def _due(self, share: Share, before: str) -> Iterator[tuple[StoredObject, ChunkName]]:
        for stored in objects_of(self._store, self._devices, share):
            chunk = read_name(stored.name)
            if chunk is not None and chunk.first < before:
                yield stored, chunk

    def _record(self, now: str, batch: Sequence[tuple[StoredObject, ChunkName]]) -> str:
        lines = [{"name": stored.name, "readings": chunk.readings, "bytes": stored.size} for stored, chunk in batch]
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        name = f"{RECORDS}{now.replace(':', '')}-{hashlib.blake2b(body, digest_size=8).hexdigest()}.jsonl"
        self._store.create(name, body, readable=True)
        return name
