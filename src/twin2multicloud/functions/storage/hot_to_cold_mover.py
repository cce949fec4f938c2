"""Hot-to-cold mover (L3-hot): readings past the hot retention become chunks of the cold store, on whichever cloud."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from twin2multicloud.domain.rota import Share
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.storage.chunks import Chunk, next_chunk
from twin2multicloud.functions.storage.moving import NOTHING, Moved, Steps, attempt, chunk_sender, mover_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Chance
from twin2multicloud.ports.hot_store import HotStore, RowKey
from twin2multicloud.wire.environment import require_env

_PAGE = 1_000


def build(parts: Parts) -> Function:
    """Schedule or native call -> the hot store -> the cold store, or the cold-writer in front of it."""
    cold = chunk_sender(parts, "REMOTE_COLD_WRITER_URL", "L3_COLD_CLOUD") or parts.cold_store
    devices = tuple(parts.ports.catalog.ids())
    days = int(require_env(parts.env, "HOT_RETENTION_DAYS"))
    return mover_function(parts, hot_to_cold(devices, parts.store, cold.create, parts.ports.chance), days)


def hot_to_cold(devices: Sequence[str], store: HotStore, create: Callable[[str, bytes], None], chance: Chance) -> Steps:
    """Chunk by chunk: write it, have it confirmed, then delete exactly the readings that are in it, by key.

    A run starts at any device, so that each has its turn although a run may end before the last one.
    """

    def move(device_id: str, chunk: Chunk) -> Moved:
        create(str(chunk.name), chunk.body)
        store.delete(device_id, chunk.keys)
        return Moved(1, chunk.name.readings, len(chunk.body))

    def steps(before: str, share: Share) -> Iterator[Moved]:
        chosen = share.of(devices)
        start = int(chance.random() * len(chosen))
        for device_id in (*chosen[start:], *chosen[:start]):
            while chunk := next_chunk(_oldest(store, device_id, before)):
                moved = attempt(partial(move, device_id, chunk))
                yield moved
                if moved.refusal is not None:  # the device's next chunk is this one again
                    break
            yield NOTHING

    return steps


def _oldest(store: HotStore, device_id: str, before: str) -> Iterator[Reading]:
    """Readings page by page: a chunk takes as many as it has room for."""
    after: RowKey | None = None
    while True:
        page = store.oldest(device_id, before, _PAGE, after)
        yield from page
        if len(page) < _PAGE:
            return
        key = page[-1].key
        after = RowKey(key.timestamp, key.message_id)
