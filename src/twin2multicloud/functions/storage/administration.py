"""What the operator does with a store: summary, restore, erasure of a device. Owns the calls, and no storage format.

A call is ``{"action": …}`` with the action's own arguments. Each goes on for as long as a caller waits, and says in
``finished`` whether it came to its end: erasing is called again, a summary with ``after`` where it stopped.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.functions.storage.chunk_rows import all_objects
from twin2multicloud.functions.storage.chunks import ChunkName, device_prefix, read_name
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.object_store import ObjectStore, StoredObject
from twin2multicloud.wire.limits import CALL_SECONDS

MAX_RESTORED = 1_000
"""Chunks of one call to restore."""
_ROWS = 1_000

Action = Callable[[Mapping[str, Any]], dict[str, Any]]


class Request(msgspec.Struct, frozen=True):
    """The arguments of all actions; times are canonical stamps. Without a device an action concerns all of them."""

    device_id: str = ""
    start: str = ""
    end: str = "9999"
    after: str = ""


def admin_function(parts: Parts, actions: Mapping[str, Action], on_schedule: Handler | None = None) -> Function:
    """The function around the actions of a store."""

    def call(arguments: Mapping[str, Any]) -> dict[str, Any]:
        name = str(arguments.get("action", ""))
        action = actions.get(name)
        if action is None:
            raise FinalError(f"action must be one of {', '.join(actions)}, found {name[:40]!r}", 400)
        return action(arguments)

    scheduled = {Trigger.SCHEDULE: on_schedule} if on_schedule is not None else {}
    return parts.function({Trigger.CALL: call, **scheduled})


class HotStoreAdmin:
    """Actions on the hot store."""

    def __init__(self, store: HotStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        return {"erase": self.erase}

    def erase(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a device's readings, and what else the store has of it."""
        device, until = _device(arguments), self._clock.monotonic() + CALL_SECONDS
        readings, found = 0, _ROWS
        while found == _ROWS and self._clock.monotonic() < until:
            found = self._store.erase(device, _ROWS)
            readings += found
        return {"objects": 0, "readings": readings, "bytes": 0, "finished": found < _ROWS}


class ObjectStoreAdmin:
    """Actions on the cold store or the archive."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        return {"summary": self.summary, "archived": self.archived, "restore": self.restore, "erase": self.erase}

    def summary(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """How many chunks, readings and bytes there are, and from when to when. `after` goes on where one stopped."""
        request, until = _request(arguments), self._clock.monotonic() + CALL_SECONDS
        objects = readings = size = 0
        oldest, newest, after, finished = "9999", "", request.after, True
        for stored, chunk in self.chunks(request):
            objects, readings, size = objects + 1, readings + chunk.readings, size + stored.size
            oldest, newest, after = min(oldest, chunk.first), max(newest, chunk.last), stored.name
            if self._clock.monotonic() > until:
                finished = False
                break
        span = {"oldest": oldest, "newest": newest} if objects else {}
        return {"objects": objects, "readings": readings, "bytes": size, "finished": finished, "after": after, **span}

    def archived(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Up to 1,000 chunks of a device and time that have to be restored before they can be read, after `after`."""
        chosen: list[dict[str, Any]] = []
        for stored, _ in self.chunks(_request(arguments)):
            if stored.archived:
                chosen.append({"name": stored.name, "bytes": stored.size})
            if len(chosen) == MAX_RESTORED:
                return {"chunks": chosen, "finished": False}
        return {"chunks": chosen, "finished": True}

    def restore(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for archived chunks by `names`: when each can be read, for as many as there was time for."""
        names = arguments.get("names")
        if not isinstance(names, list) or not 0 < len(names) <= MAX_RESTORED or not all(map(_is_chunk, names)):
            raise FinalError(f"names must be a list of up to {MAX_RESTORED} names of chunks", 400)
        until = self._clock.monotonic() + CALL_SECONDS
        ready: dict[str, str] = {}
        for name in names:
            if self._clock.monotonic() > until:
                break
            ready[name] = self._store.restore(name)
        return {"ready": ready, "finished": len(ready) == len(set(names))}

    def erase(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a device's chunks."""
        return self.delete(self.chunks(Request(_device(arguments))))

    def delete(self, chunks: Iterator[tuple[StoredObject, ChunkName]], seconds: float = CALL_SECONDS) -> dict[str, Any]:
        """Delete chunks until they end or the time is over; what was deleted, as counts."""
        until = self._clock.monotonic() + seconds
        objects = readings = size = 0
        for stored, chunk in chunks:
            if self._clock.monotonic() > until:
                return {"objects": objects, "readings": readings, "bytes": size, "finished": False}
            self._store.delete(stored.name)
            objects, readings, size = objects + 1, readings + chunk.readings, size + stored.size
        return {"objects": objects, "readings": readings, "bytes": size, "finished": True}

    def chunks(self, request: Request) -> Iterator[tuple[StoredObject, ChunkName]]:
        """The chunks of a device, or of all, that have readings of a time."""
        prefix = device_prefix(request.device_id) if request.device_id else "device="
        for stored in all_objects(self._store, prefix, request.after):
            chunk = read_name(stored.name)
            if chunk is not None and chunk.last > request.start and chunk.first <= request.end:
                yield stored, chunk


def _request(arguments: Mapping[str, Any]) -> Request:
    try:
        return msgspec.convert(arguments, Request)
    except msgspec.ValidationError as error:
        raise FinalError(f"not a request of a store's administration: {error}", 400) from error


def _device(arguments: Mapping[str, Any]) -> str:
    device = _request(arguments).device_id
    if not device:
        raise FinalError("device_id is missing", 400)
    return device


def _is_chunk(name: object) -> bool:
    return isinstance(name, str) and read_name(name) is not None
