"""The sockets of one emulated cloud: a bare ASGI app for URLs, HTTPS publish and the operator, and MQTT where L1 is.

Functions that take messages only stage what they write, so they run on the event loop; readers wait for the disk, so
they run in a process of their own, or on threads. Every answer leaves after what its function staged is durable.
"""

import asyncio
import hmac
import os
import sqlite3
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec

from twin2multicloud.domain.components import KINDS, Load, Trigger, home, only_reads
from twin2multicloud.domain.errors import FinalError, TwinError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.emulator.adapters.invocation import OPERATOR_HEADER
from twin2multicloud.emulator.delivery.durability import all_durable
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.host.deployment import deployment_here
from twin2multicloud.emulator.host.readers import ReaderProcess
from twin2multicloud.emulator.mqtt.listener import Listener, room_for_connections
from twin2multicloud.emulator.mqtt.service import DeviceService
from twin2multicloud.functions.acquisition.device_gateway import TOPICS, credentials
from twin2multicloud.wire.calls import refusal, serve
from twin2multicloud.wire.http import Request, Response, json_response, refused
from twin2multicloud.wire.limits import MAX_BODY_BYTES

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]


class CloudApp:
    """The ASGI application."""

    def __init__(self, cloud: EmulatedCloud, operator_key: str, readers: ReaderProcess | None) -> None:
        self._cloud, self._operator_key, self._readers = cloud, operator_key, readers
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="reader")

    async def __call__(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        try:
            body = await _read(receive)
        except ConnectionError:
            return
        if body is None:
            response = refused(413, f"body is over the limit of {MAX_BODY_BYTES} bytes")
        else:
            request = Request(scope["method"], scope["path"], headers, body, scope["query_string"].decode("latin-1"))
            response = await self._answer(request, (scope.get("client") or ("",))[0])
        await _write(send, response)

    async def _answer(self, request: Request, address: str) -> Response:
        try:
            first, _, rest = request.path.lstrip("/").partition("/")
            if first == "_cloud":
                return await self._operator(rest, request)
            if first == "topics":
                return await self._publish(request, address)
            face = self._cloud.twin_face
            if face is not None and face.knows(request):
                answered: Response = await self._on_thread(face.answer, request)
                return answered
            return await self._function(first, request)
        except TwinError as error:
            return refusal(error)
        except (OSError, sqlite3.Error) as error:  # a disk that is full, or gone
            return refused(503, f"{self._cloud.cloud}'s disk does not answer ({error}); what was acknowledged stays")

    async def _function(self, name: str, request: Request) -> Response:
        if not self._cloud.has_endpoint(name):
            return refused(404, "no such endpoint")
        if only_reads(name):
            return await self._read(name, request, natively=False)
        if _waits(name):
            response: Response = await self._on_thread(self._cloud.request, name, request)
            return response
        await self._cloud.entrance.room()
        response = self._cloud.request(name, request)
        await all_durable(self._cloud.staged.take())
        return response

    async def _publish(self, request: Request, address: str) -> Response:
        """HTTPS publish, on every cloud through the device gateway that Google Cloud is deployed with."""
        gateway = self._cloud.gateway
        if gateway is None:
            return refused(404, "devices connect to another cloud")
        await self._cloud.entrance.room()
        response: Response = gateway.run(Trigger.HTTP, request)
        await all_durable(self._cloud.staged.take())
        if response.status >= 400:
            self._cloud.ingress.rejected(
                who=credentials(request.headers.get("authorization", ""))[0],
                address=address,
                topic=request.path.removeprefix(TOPICS),
                reason=msgspec.json.decode(response.body)["error"],
                too_large=response.status == 413,
            )
        return response

    async def _operator(self, path: str, request: Request) -> Response:
        """The operator's interface, for the account's owner only."""
        if path == "health":
            return json_response(200, {"cloud": self._cloud.cloud, "pid": os.getpid()})
        if not hmac.compare_digest(request.headers.get(OPERATOR_HEADER, "").encode(), self._operator_key.encode()):
            return refused(401, "the operator's key is missing or wrong")
        verb, _, argument = path.partition("/")
        match verb:
            case "status":
                return json_response(200, await self._on_thread(self._cloud.status))
            case "invoke":
                return await self._read(argument, request, natively=True)
            case "run-due":
                await self._on_thread(self._cloud.run_due)
                return json_response(200, {"now": self._cloud.clock.now()})
            case "runs":
                runs: Response = await self._on_thread(serve, self._runs, request)
                return runs
            case "reload":
                await self._on_thread(self._cloud.reload, deployment_here())
                if self._readers is not None:
                    self._readers.again()
                return json_response(200, {})
            case "rejected":
                return json_response(200, {"rejections": self._cloud.ingress.rejections.rows()})
            case "letters":
                kept: Response = await self._on_thread(serve, partial(self._kept, path), request)
                return kept
            case _:
                return refused(404, "no such call")

    async def _read(self, name: str, request: Request, *, natively: bool) -> Response:
        """A reader's answer, from its process, or from a thread where that has none. Raises TwinError."""
        begun = time.monotonic()
        if self._readers is not None and only_reads(name) and not self._cloud.is_a_service(name):
            read = await self._readers.answer(name, request, natively=natively)
            if read is not None:
                self._cloud.count(name, read, time.monotonic() - begun)
                return read
        here = partial(serve, partial(self._cloud.invoke, name)) if natively else partial(self._cloud.request, name)
        response: Response = await self._on_thread(here, request)
        return response

    def _runs(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = {name: str(arguments.get(name, "")) for name in ("trace_id", "device", "timestamp")}
        return {"runs": self._cloud.runs.find(**wanted)}

    def _kept(self, call: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Dead letters. Raises FinalError for an unknown call."""
        letters = self._cloud.letters
        match call:
            case "letters":
                return {"letters": letters.page(str(arguments.get("after", "")))}
            case "letters/redrive":
                return {"messages": letters.redrive(arguments["ids"])}
            case "letters/drop":
                return {"messages": letters.drop(arguments["ids"])}
            case _:
                raise FinalError("no such call", 404)

    async def _on_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - passes through
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


def listen_for_devices(cloud: EmulatedCloud, port: int, tls: ssl.SSLContext | None) -> Listener:
    """Open the MQTT endpoint. Only on a running event loop."""
    service = DeviceService(
        authenticator=cloud.authenticator,
        accept=cloud.entrance.accept,
        rejected=cloud.ingress.rejected,
        refusal=cloud.ingress.refusal,
        max_publish_bytes=cloud.max_publish_bytes,
        max_connections=room_for_connections(),
    )
    return Listener(service, port, tls)


def _waits(name: str) -> bool:
    """Whether an endpoint waits itself: for the disk, or for a service that takes so much a second."""
    return KINDS[name].load is Load.CHUNKS or home(name) is Slot.L4


async def _read(receive: _Receive) -> bytes | None:
    """The body; None where it is over the limit. Raises ConnectionError for a client that has gone: half is nothing."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client has gone before its request was whole")
        body: bytes = message.get("body", b"")
        if len(parts) + len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(parts + body) if parts else body
        parts += body


async def _write(send: _Send, response: Response) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
