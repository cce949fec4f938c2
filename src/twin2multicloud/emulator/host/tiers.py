"""What the stores of one emulated cloud hold, and of which time. Reads no object."""

import time
from collections.abc import Iterator
from pathlib import Path

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.adapters.hot_store import SqliteTable
from twin2multicloud.emulator.adapters.object_store import FolderObjectStore
from twin2multicloud.emulator.host.status import TierStatus
from twin2multicloud.functions.storage.chunk_rows import all_objects
from twin2multicloud.functions.storage.chunks import read_name
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.clock import Clock

_SHARE = 20
"""One part in so many of the time is spent on looking: whoever asks more often gets what was found last."""
_QUICK = 0.02  # seconds: less is no burden


class TierWatch:
    """The status of each store of a cloud, whose object stores are in the folder `root`."""

    def __init__(self, topology: Topology, cloud: Cloud, root: Path, clock: Clock, hot: SqliteTable | None) -> None:
        self._topology, self._cloud, self._root, self._clock, self._hot = topology, cloud, root, clock, hot
        self._found: tuple[TierStatus, ...] = ()
        self._next = 0.0

    def statuses(self) -> tuple[TierStatus, ...]:
        """The hot store, the cold store and the archive, those that are here."""
        begun = time.monotonic()
        if begun >= self._next:
            self._found = tuple(self._look())
            took = time.monotonic() - begun
            self._next = begun + took * _SHARE if took > _QUICK else 0.0
        return self._found

    def _look(self) -> Iterator[TierStatus]:
        if self._hot is not None:
            oldest, newest = self._hot.span()
            readings, size = self._hot.count(), self._hot.size()
            yield TierStatus(slot=Slot.L3_HOT, readings=readings, size=size, oldest=oldest, newest=newest)
        for kind in (Kind.COLD_STORE, Kind.ARCHIVE_STORE):
            component = self._topology.named(kind)
            if component is not None and component.cloud == self._cloud and component.slot is not None:
                yield self._objects(component.slot, component.deployed_as)

    def _objects(self, slot: Slot, bucket: str) -> TierStatus:
        store = FolderObjectStore(self._root / bucket, self._clock, self._root.joinpath, None)
        named = [(stored.size, read_name(stored.name)) for stored in all_objects(store)]
        chunks = [(size, chunk) for size, chunk in named if chunk is not None]
        return TierStatus(
            slot=slot,
            objects=len(chunks),
            readings=sum(chunk.readings for _, chunk in chunks),
            size=sum(size for size, _ in chunks),
            oldest=min((chunk.first for _, chunk in chunks), default=""),
            newest=max((chunk.last for _, chunk in chunks), default=""),
        )
