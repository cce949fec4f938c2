"""Cold-to-archive mover (L3-cold): chunks past the cold retention go to the archive, on whichever cloud."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from twin2multicloud.domain.rota import Share
from twin2multicloud.functions.storage.chunk_rows import objects_of
from twin2multicloud.functions.storage.chunks import ChunkName, read_name
from twin2multicloud.functions.storage.moving import NOTHING, Moved, Steps, attempt, chunk_sender, mover_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.object_store import ObjectStore, StoredObject
from twin2multicloud.wire.environment import require_env

Hand = Callable[[str], None]
"""Has an object of the cold store, by its name, kept in the archive; it is confirmed on return."""


def build(parts: Parts) -> Function:
    """Schedule or native call -> the cold store -> the archive, or the archive-writer in front of it.

    On one cloud the object is copied by the cloud itself, into the archive's storage class.
    """
    cold, env = parts.cold_store, parts.env
    sender = chunk_sender(parts, "REMOTE_ARCHIVE_WRITER_URL", "L3_ARCHIVE_CLOUD")
    if sender is None:
        archive, bucket = parts.archive_store, require_env(env, "COLD_STORE_NAME")
        hand: Hand = lambda name: archive.take(name, bucket)  # noqa: E731 - one of two
    else:
        hand = lambda name: sender.create(name, cold.read(name))  # noqa: E731 - likewise
    devices = tuple(parts.ports.catalog.ids())
    return mover_function(parts, cold_to_archive(devices, cold, hand), int(require_env(env, "COLD_RETENTION_DAYS")))


def cold_to_archive(devices: Sequence[str], cold: ObjectStore, hand: Hand) -> Steps:
    """Object by object: have it kept in the archive, then delete it from the cold store. Chunks alone are moved.

    Those of all devices that ever were; the ones that are known say where a share of them begins.
    """

    def move(stored: StoredObject, chunk: ChunkName) -> Moved:
        hand(stored.name)
        cold.delete(stored.name)
        return Moved(1, chunk.readings, stored.size)

    def steps(before: str, share: Share) -> Iterator[Moved]:
        for stored in objects_of(cold, devices, share):
            chunk = read_name(stored.name)
            if chunk is None or chunk.first >= before:
                yield NOTHING
            else:
                yield attempt(partial(move, stored, chunk))

    return steps
