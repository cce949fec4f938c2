"""The operator's calls of an emulated cloud, as rigs: its real HTTP app over a socket, around one function."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rigs.clouds import AZURE
from tests.rigs.invocation import NAME, TOKEN, InvocationRig, Told, served
from tests.rigs.vendor_processes import HOST, free_port
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.emulator.adapters.invocation import EmulatedInvocation
from twin2multicloud.emulator.host.server import CloudApp
from twin2multicloud.planning.clouds import pack
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.http_transport import HttpTransport

OPERATOR_KEY = "the-operators-key"


class _Cloud:
    """As much of an `EmulatedCloud` as answers calls."""

    cloud, twin_face = AZURE, None

    def __init__(self, told: Told, *, endpoint: bool) -> None:
        function, kind = told.as_function(AZURE, endpoint=endpoint), pack(AZURE).event_source()
        self._calls = {NAME: kind.starts[Trigger.CALL](function)}
        self._endpoints = {NAME: kind.starts[Trigger.HTTP](function)} if endpoint else {}

    def has_endpoint(self, function: str) -> bool:
        return function in self._endpoints

    def is_a_service(self, _: str) -> bool:
        return False

    def request(self, function: str, request: Request) -> Response:
        response: Response = self._endpoints[function](request)
        return response

    def invoke(self, function: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if function not in self._calls:
            raise TwinError(f"no function {function!r} takes native calls")
        answer: Mapping[str, Any] = self._calls[function](asked)
        return answer


def _asked(app: CloudApp, request: Request) -> Reply:
    """One request through the app, as its server makes it: what the app does not foresee is a 500."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    asked = {"method": request.method, "path": request.path, "query_string": request.query.encode()}
    scope = {"type": "http", "headers": headers, **asked}
    try:
        asyncio.run(app(scope, receive, send))
    except Exception:
        return Reply(500, {}, b"Internal Server Error")
    start, body = sent
    return Reply(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"])


@contextmanager
def _rig(*, endpoint: bool) -> Iterator[InvocationRig]:
    told, transport = Told(), HttpTransport()
    cloud: Any = _Cloud(told, endpoint=endpoint)
    app = CloudApp(cloud, OPERATOR_KEY, None)

    def invocation(url: str, key: str, token: str) -> EmulatedInvocation:
        return EmulatedInvocation(url, key, token, {NAME: f"{url}/{NAME}" if endpoint else None}, transport)

    with served(lambda request: _asked(app, request)) as url:
        dark = f"http://{HOST}:{free_port()}"
        invocations = (
            invocation(url, OPERATOR_KEY, TOKEN),
            invocation(url, "wrong", "wrong"),
            invocation(dark, OPERATOR_KEY, TOKEN),
        )
        yield InvocationRig(told, *invocations, secrets=(OPERATOR_KEY, TOKEN))
        transport.close()


@contextmanager
def emulated_native(_: Path) -> Iterator[InvocationRig]:
    """By the cloud's own interface."""
    with _rig(endpoint=False) as rig:
        yield rig


@contextmanager
def emulated_endpoint(_: Path) -> Iterator[InvocationRig]:
    """At the function's endpoint."""
    with _rig(endpoint=True) as rig:
        yield rig
