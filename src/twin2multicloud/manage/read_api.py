"""The read API of a twin on this machine: latest values, history and a live stream, with OpenAPI. Decides nothing.

What it answers is the hot readers' own, errors included. ``LocalOnly`` stands before it, as before the page.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import FinalError, TwinError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.timestamps import canonical, from_datetime
from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.live_readings import MOST_DEVICES, LiveReading, LiveReadings
from twin2multicloud.manage.twin_view import TwinView

_LOOK_EVERY = 1.0  # s
_QUIET = 15  # looks without news, before a comment says that the stream is alive
_MOST_ROWS = 1_000

Properties = Annotated[list[str] | None, Query(description="Some of its properties; all by default.")]
Start = Annotated[str, Query(description="From this time on (not included): ISO 8601 or epoch.")]
Resume = Annotated[str | None, Header(description="Where a stream that broke off goes on: the time of its last event.")]


def read_api(twin: Twin, view: TwinView) -> FastAPI:
    """The API as an application, to be mounted."""
    api = FastAPI(
        title=f"{twin.name}: read API",
        version="1",
        description="Latest values, history and live readings of a twin on this machine.",
        docs_url=None,  # they would be loaded from the network
        redoc_url=None,
    )
    api.add_exception_handler(TwinError, _refused)
    catalog = twin.catalog

    @api.get("/devices", summary="The devices, page by page")
    def devices(after: str = "", limit: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 200) -> dict[str, Any]:
        return _devices(catalog, after, limit)

    @api.get("/devices/{device}/latest", summary="The latest value of each property")
    def latest(device: str, properties: Properties = None) -> dict[str, Any]:
        found = view.latest(device, _names(catalog, device, properties))
        return {name: {"time": stamp, "value": value} for name, (stamp, value) in found.items()}

    @api.get("/devices/{device}/history", summary="The values of a span of time, oldest first")
    def history(
        device: str,
        start: Start,
        end: str | None = None,
        properties: Properties = None,
        every: Annotated[str | None, Query(description="One value for each bucket of this length, as 5m.")] = None,
        aggregate: Annotated[str | None, Query(description="mean, min, max, last or count; with every.")] = None,
        limit: Annotated[int, Query(ge=1, le=50_000, description="The newest so many values.")] = 5_000,
    ) -> dict[str, Any]:
        names = _names(catalog, device, properties)
        span = _time("start", start), _time("end", end) if end else _now()
        found = view.history(device, names, *span, limit, every=every, aggregate=aggregate)
        return {name: [{"time": stamp, "value": value} for stamp, value in values] for name, values in found.items()}

    @api.get("/devices/{device}/stream", summary="Its readings as they come (server-sent events)")
    def device_stream(device: str, last_event_id: Resume = None) -> StreamingResponse:
        _names(catalog, device, None)
        return _stream(LiveReadings(view, catalog, [device], _since(last_event_id)))

    @api.get("/entities/{entity}/stream", summary="Readings of what an entity holds, as they come (server-sent events)")
    def entity_stream(entity: str, last_event_id: Resume = None) -> StreamingResponse:
        return _stream(LiveReadings(view, catalog, _below(twin, entity), _since(last_event_id)))

    return api


def _refused(_: Request, error: Exception) -> JSONResponse:
    """As a function of the twin answers (docs/read_api.md)."""
    status = error.status or 400 if isinstance(error, FinalError) else 503
    return JSONResponse({"status": "refused", "error": str(error)}, status)


def _devices(catalog: DeviceCatalog, after: str, limit: int) -> dict[str, Any]:
    ids = iter(catalog.ids())
    if after and after not in ids:  # reads on up to it
        raise FinalError(f"after: the twin has no device {after!r}{hint(after, catalog.ids())}", 404)
    page = list(islice(ids, limit))
    more = next(ids, None) is not None
    rows = [{"id": each, "type": kind.name} for each in page if (kind := catalog.type_of(each))]
    return {"devices": rows, **({"after": page[-1]} if more else {})}


def _names(catalog: DeviceCatalog, device: str, properties: Sequence[str] | None) -> Sequence[str]:
    kind = catalog.type_of(device)
    if kind is None:
        raise FinalError(f"the twin has no device {device!r}{hint(device, catalog.ids())}", 404)
    return properties or [each.name for each in kind.properties]


def _below(twin: Twin, entity: str) -> list[str]:
    """The devices of an entity and of those below it. Raises FinalError for none, and for more than one stream has."""
    entities = {each.id: each for _, each in twin.hierarchy.walk()}
    if entity not in entities:
        raise FinalError(f"the twin has no entity {entity!r}{hint(entity, entities)}", 404)
    groups = {each.name: each for each in twin.catalog.groups}
    below = Hierarchy(entities=(entities[entity],)).walk()
    parts = [each for _, inner in below for each in inner.components]
    found = dict.fromkeys(each.device for each in parts if each.device)
    for each in parts:
        members = groups[each.group] if each.group else ()
        found.update(dict.fromkeys(islice(members, MOST_DEVICES + 1)))
    if len(found) > MOST_DEVICES:
        raise FinalError(f"{entity} holds more than {MOST_DEVICES} devices, which is the most of one stream", 400)
    return list(found)


def _since(last_event_id: str | None) -> str:
    return _time("Last-Event-ID", last_event_id) if last_event_id else _now()


def _time(name: str, text: str) -> str:
    try:
        return canonical(text)
    except (ValueError, TypeError) as error:
        raise FinalError(f"{name}: {error}", 400) from error


def _now() -> str:
    return from_datetime(datetime.now(UTC))


def _stream(readings: LiveReadings) -> StreamingResponse:
    events = stream_events(readings.look, asyncio.sleep)
    return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})


async def stream_events(
    look: Callable[[], Sequence[LiveReading]], sleep: Callable[[float], Any], looks: int | None = None
) -> AsyncIterator[bytes]:
    """Server-sent events for ever, or for so many looks: ``reading``, and ``problem`` where no reader answers."""
    quiet, number = 0, 0
    while looks is None or number < looks:
        number += 1
        try:
            new = await asyncio.to_thread(look)
        except TwinError as error:
            yield _event("problem", "", {"error": str(error)})
            new, quiet = (), 0
        for each in new:
            yield _event("reading", each.timestamp, each)
        quiet = 0 if new else quiet + 1
        if quiet % _QUIET == 1:
            yield b": waiting\n\n"
        await sleep(_LOOK_EVERY)


def _event(kind: str, number: str, data: object) -> bytes:
    head = f"event: {kind}\n" + (f"id: {number}\n" if number else "")
    return head.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"
