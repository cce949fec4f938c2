"""A request must be whole in time, and the connections of one address that are waited for are bounded."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.rigs.mqtt import RigTransport
from twin2multicloud.emulator.host import patient_http as module
from twin2multicloud.emulator.host.patient_http import PatientHttp, patient_http

REQUEST = b"POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"


async def answering(_scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["body"] == b"body"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def on_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: Any, **options: Any) -> None:
        asyncio.run(test(*arguments, **options))

    return run


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


@on_a_loop
async def test_a_whole_request_is_answered_and_the_next_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)
    connection, transport = Server().connect()
    for _ in range(3):
        await asyncio.sleep(0.03)
        connection.data_received(REQUEST)
        await asyncio.sleep(0.01)
        assert transport.written.startswith(b"HTTP/1.1 200")
        transport.written.clear()
    assert not transport.closed


@pytest.mark.parametrize("part", [b"", REQUEST[:10], REQUEST[:-1]], ids=["nothing", "head", "body"])
@on_a_loop
async def test_a_request_that_is_not_whole_in_time_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.02)
    server = Server()
    connection, transport = server.connect()
    connection.data_received(REQUEST)
    await asyncio.sleep(0.01)
    connection.data_received(part)
    await asyncio.sleep(0.04)
    assert transport.closed
    assert connection.waiting == {}


@on_a_loop
async def test_the_connection_that_is_waited_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_PER_ADDRESS", 3)
    server = Server()
    crowd = [server.connect() for _ in range(3)]
    other = server.connect("10.0.0.8")
    crowd[0][0].data_received(REQUEST)
    await asyncio.sleep(0.01)  # answered, and waited for again: the newest of the three now
    server.connect()
    assert [transport.closed for _, transport in [*crowd, other]] == [False, True, False, False]
