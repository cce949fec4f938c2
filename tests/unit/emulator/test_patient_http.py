"""A request must be whole in time, and the connections of one address that are waited for are bounded."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.rigs.event_loop import on_a_loop
from tests.rigs.mqtt import RigTransport
from twin2multicloud.emulator.host import patient_http as module
from twin2multicloud.emulator.host.patient_http import PatientHttp, patient_http

REQUEST = b"POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"


async def answering(_scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["body"] == b"body"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Server:
    """Connections of one server, on transports that keep what is written."""

    def __init__(self) -> None:
        self.config = uvicorn.Config(answering, http=patient_http(), lifespan="off")
        self.config.load()
        self.state = ServerState()

    def connect(self, address: str = "10.0.0.7") -> tuple[PatientHttp, RigTransport]:
        connection: Any = self.config.http_protocol_class(config=self.config, server_state=self.state, app_state={})
        transport = RigTransport(address)
        transport.on_close = lambda: connection.connection_lost(None)
        connection.connection_made(transport)
        return connection, transport


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


@on_a_loop
async def test_whole_requests_are_answered_one_after_the_other() -> None:
    connection, transport = Server().connect()
    for _ in range(3):
        connection.data_received(REQUEST[:10])
        connection.data_received(REQUEST[10:])
        assert connection.waiting == {}, "it is not waited for while it is answered"
        await until(lambda: transport.written.startswith(b"HTTP/1.1 200"))
        transport.written.clear()
        assert list(connection.waiting) == ["10.0.0.7"]
    assert not transport.closed


@pytest.mark.parametrize("part", [b"", REQUEST[:10], REQUEST[:-1]], ids=["nothing", "head", "body"])
@on_a_loop
async def test_a_request_that_is_not_whole_in_time_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.02)
    connection, transport = Server().connect()
    connection.data_received(REQUEST)
    await until(lambda: bool(transport.written))
    connection.data_received(part)
    await until(lambda: transport.closed)
    assert connection.waiting == {}


@on_a_loop
async def test_the_connection_that_is_waited_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_PER_ADDRESS", 3)
    server = Server()
    crowd = [server.connect() for _ in range(3)]
    other = server.connect("10.0.0.8")
    crowd[0][0].data_received(REQUEST)
    await until(lambda: bool(crowd[0][1].written))  # answered, and waited for again: the newest of the three now
    server.connect()
    assert [transport.closed for _, transport in [*crowd, other]] == [False, True, False, False]
