"""What the cold store and the archive of one emulated cloud hold, by the names of their chunks. Reads no object."""

from collections.abc import Iterator
from pathlib import Path

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.object_store import FolderObjectStore
from twin2multicloud.emulator.host.status import TierStatus
from twin2multicloud.functions.storage.chunk_rows import all_objects
from twin2multicloud.functions.storage.chunks import read_name
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.clock import Clock


def tier_statuses(topology: Topology, cloud: Cloud, root: Path, clock: Clock) -> Iterator[TierStatus]:
    """The status of each older tier that is on a cloud, whose object stores are in a folder."""
    for kind in (Kind.COLD_STORE, Kind.ARCHIVE_STORE):
        component = topology.named(kind)
        if component is None or component.cloud != cloud or component.slot is None:
            continue
        store = FolderObjectStore(root / component.deployed_as, clock, root.joinpath, None)
        named = [(stored.size, read_name(stored.name)) for stored in all_objects(store)]
        chunks = [(size, chunk) for size, chunk in named if chunk is not None]
        yield TierStatus(
            slot=component.slot,
            objects=len(chunks),
            readings=sum(chunk.readings for _, chunk in chunks),
            size=sum(size for size, _ in chunks),
            oldest=min((chunk.first for _, chunk in chunks), default=""),
            newest=max((chunk.last for _, chunk in chunks), default=""),
        )
