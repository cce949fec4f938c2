"""The read API over a twin in memory: its answers, its refusals, its OpenAPI and the events of a stream."""

import asyncio

import httpx
import pytest

from tests.rigs.twin_view import MemoryTwinView, smart_home
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.manage.live_readings import LiveReading
from twin2multicloud.manage.read_api import read_api, stream_events

TWIN = smart_home()
VIEW = MemoryTwinView(TWIN)


def get(path: str, **params: str | int) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(read_api(TWIN, VIEW))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, params=params or None)

    return asyncio.run(ask())


def test_devices_come_page_by_page() -> None:
    first = get("/devices", limit=2).json()
    assert [each["id"] for each in first["devices"]] == ["climate-living-room", "climate-bedroom"]
    assert first["devices"][0]["type"] == "climate-sensor"
    second = get("/devices", limit=2, after=first["after"]).json()
    assert [each["id"] for each in second["devices"]] == ["climate-kitchen", "meter-house"]
    last = get("/devices", after="meter-099999").json()
    assert last == {"devices": [{"id": "meter-100000", "type": "smart-meter"}]}


def test_latest_and_history() -> None:
    latest = get("/devices/meter-house/latest", properties="power").json()
    assert latest.keys() == {"power"}
    assert latest["power"].keys() == {"time", "value"}
    start = latest["power"]["time"][:10]
    read = get("/devices/meter-house/history", start=start, properties="power", limit=3).json()
    assert read["power"][-1].keys() == {"time", "value"}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/devices/meter-hous/latest", 404, "did you mean"),
        ("/devices/meter-house/history?start=noon", 400, "start: "),
        ("/devices?after=nobody", 404, "no device 'nobody'"),
        ("/devices/nobody/stream", 404, "no device 'nobody'"),
        ("/entities/nowhere/stream", 404, "no entity 'nowhere'"),
        ("/entities/street/stream", 400, "more than 50 devices"),
    ],
)
def test_refusals_are_one_sentence(path: str, status: int, said: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, "refused")
    assert said in answer.json()["error"]


def test_a_cloud_that_is_down_is_503() -> None:
    VIEW.dark.add(TWIN.placement.l3_hot)
    try:
        assert get("/devices/meter-house/latest").status_code == 503
    finally:
        VIEW.dark.clear()


def test_openapi_names_every_path() -> None:
    document = get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/devices",
        "/devices/{device}/latest",
        "/devices/{device}/history",
        "/devices/{device}/stream",
        "/entities/{entity}/stream",
    }
    assert all(each["get"]["summary"] for each in document["paths"].values())


def test_a_stream_has_an_event_for_each_reading_and_says_what_is_wrong() -> None:
    reading = LiveReading("d1", "2026-01-15T10:30:00.000Z", {"n": 1})
    looks = iter([[reading], [], RetryableError("gcp does not answer"), []])

    def look() -> list[LiveReading]:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def read() -> list[bytes]:
        return [each async for each in stream_events(look, sleep, looks=4)]

    assert asyncio.run(read()) == [
        b"event: reading\nid: 2026-01-15T10:30:00.000Z\n"
        b'data: {"device_id":"d1","timestamp":"2026-01-15T10:30:00.000Z","values":{"n":1}}\n\n',
        b": waiting\n\n",
        b'event: problem\ndata: {"error":"gcp does not answer"}\n\n',
        b": waiting\n\n",
    ]
