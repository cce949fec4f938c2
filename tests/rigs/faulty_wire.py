"""A proxy between a client and an emulator over HTTP, on which bytes are lost, damaged or answered for.

One for every vendor: it knows HTTP/1.1 and nothing of S3, Blob Storage or Cloud Storage. The next of `faults` happens
to the next request (None: nothing does); while there are none, requests pass.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec


class CutUpload(msgspec.Struct, frozen=True):
    """The connection breaks when half of the request's body has reached the service."""


class LoseAnswer(msgspec.Struct, frozen=True):
    """The service does what it was asked, and its answer never comes."""


class CutAnswer(msgspec.Struct, frozen=True):
    """The connection breaks when half of the answer's body has come."""


class Damage(msgspec.Struct, frozen=True):
    """Bytes of the request's body become others on the way: as many."""

    old: bytes
    new: bytes


class Say(msgspec.Struct, frozen=True):
    """An answer in the service's place."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


Fault = CutUpload | LoseAnswer | CutAnswer | Damage | Say


class Wire:
    """The proxy in front of `upstream` (a URL); clients go to `url`, which has the same path."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.faults: list[Fault | None] = []
        self.requests = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wire": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}{parts.path}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def wire(upstream: str) -> Iterator[Wire]:
    """A proxy in front of a URL, for as long as it is needed."""
    made = Wire(upstream)
    try:
        yield made
    finally:
        made.close()


class _Handler(BaseHTTPRequestHandler):
    """What stands between: `wire` is given by a class of each proxy."""

    wire: Wire
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self._body()
        self.wire.requests += 1
        match self.wire.faults.pop(0) if self.wire.faults else None:
            case CutUpload():
                self._send_half(body)
                self._break()
            case LoseAnswer():
                self._ask(body)
                self._break()
            case CutAnswer():
                answer, found = self._ask(body)
                self._answer(answer.status, answer.headers.items(), found, found[: len(found) // 2])
                self._break()
            case Say(status, said, headers):
                self._answer(status, headers.items(), said, said)
            case Damage(old, new):
                assert old in body, "what is to be damaged is not in the request"
                self._pass(body.replace(old, new))
            case None:
                self._pass(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _head(self) -> dict[str, str]:
        left_out = ("transfer-encoding", "content-length", "connection", "expect")
        return {name: value for name, value in self.headers.items() if name.lower() not in left_out}

    def _pass(self, body: bytes) -> None:
        answer, found = self._ask(body)
        self._answer(answer.status, answer.headers.items(), found, found)

    def _ask(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        upstream = HTTPConnection(self.wire.host, self.wire.port, timeout=30)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in {**self._head(), "content-length": str(len(body))}.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            return answer, answer.read()
        finally:
            upstream.close()

    def _send_half(self, body: bytes) -> None:
        lines = [f"{self.command} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {**self._head(), "content-length": str(len(body))}.items()]
        with socket.create_connection((self.wire.host, self.wire.port), timeout=30) as upstream:
            upstream.sendall("\r\n".join([*lines, "", ""]).encode() + body[: len(body) // 2])

    def _answer(self, status: int, headers: Any, whole: bytes, sent: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if status not in (204, 304):
            length = self._length(headers) if self.command == "HEAD" else len(whole)
            self.send_header("content-length", str(length))
        self.end_headers()
        self.wfile.write(sent)

    @staticmethod
    def _length(headers: Any) -> str:
        return next((value for name, value in headers if name.lower() == "content-length"), "0")

    def _break(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
