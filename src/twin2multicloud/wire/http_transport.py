"""The transport that ships: HTTP/1.1 on one kept-alive connection per thread and host. Decides nothing.

Of our own, on the standard library's sockets: http.client needs ten times the CPU for an exchange, sends head and body
apart, which wakes the other side twice, and takes 24 ms to import (urllib3 58 ms).
"""

import socket
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import SplitResult, urlsplit
from weakref import WeakSet

from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.ports.transport import Reply

if TYPE_CHECKING:
    from ssl import SSLContext

_LINE_BYTES = 64 * 1024
_HEADERS = 200
_WITHOUT_BODY = frozenset({204, 304})


class HttpTransport:
    """Posts over HTTP/1.1, TLS for https URLs. Safe to share between threads.

    `tls` says whom to trust; None: whom the system trusts.
    """

    def __init__(self, tls: "SSLContext | None" = None) -> None:
        self._given_tls = tls
        self._local = threading.local()
        self._made: WeakSet[_Connection] = WeakSet()

    def close(self) -> None:
        """Close every connection, whichever thread made it; none of them may be in use."""
        for connection in list(self._made):
            connection.close()

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """See `ports.transport.Transport.post`. A connection that the other side dropped is made anew, once."""
        parts = urlsplit(url)
        kept = self._kept.pop(parts.netloc, None)
        if kept is not None:
            try:
                return self._exchange(kept, parts, headers, body)
            except TimeoutError as error:  # it is there and silent: to wait as long again is not for here
                raise RetryableError(f"no answer from {parts.netloc} in time") from error
            except OSError:  # It was idle too long. Were it anything else: what is sent is idempotent at the store.
                pass
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"an endpoint's URL must start with https:// (or http:// on this machine): {url}")
        try:
            connection = _Connection(parts, timeout, self._tls if parts.scheme == "https" else None)
            self._made.add(connection)
            return self._exchange(connection, parts, headers, body)
        except OSError as error:
            raise RetryableError(f"no answer from {parts.netloc}: {error}") from error

    def _exchange(
        self, connection: "_Connection", parts: SplitResult, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """One request and its whole answer; keeps the connection for the next one if it may. Raises OSError."""
        try:
            reply, stays_open = connection.exchange(_head(parts, headers, len(body)) + body)
        except OSError:
            connection.close()
            raise
        if stays_open:
            self._kept[parts.netloc] = connection
        else:
            connection.close()
        return reply

    @property
    def _kept(self) -> "dict[str, _Connection]":
        kept: dict[str, _Connection] = self._local.__dict__.setdefault("connections", {})
        return kept

    @cached_property
    def _tls(self) -> "SSLContext":
        import ssl  # only where a URL asks for it

        return self._given_tls or ssl.create_default_context()


class _Connection:
    """One connection to a host."""

    def __init__(self, parts: SplitResult, timeout: float, tls: "SSLContext | None") -> None:
        assert parts.hostname is not None  # noqa: S101 - the transport saw to it
        self._socket = socket.create_connection((parts.hostname, parts.port or (443 if tls else 80)), timeout)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=parts.hostname)
        except OSError:
            self._socket.close()
            raise
        self._answers = self._socket.makefile("rb")

    def exchange(self, request: bytes) -> tuple[Reply, bool]:
        """The answer, and whether the connection stays open. Raises OSError."""
        self._socket.sendall(request)
        return read_answer(self._answers)

    def __del__(self) -> None:
        """Hang up: the thread that kept it has ended."""
        if hasattr(self, "_answers"):
            self.close()

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()


def _head(parts: SplitResult, headers: Mapping[str, str], length: int) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", "accept-encoding: identity", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\n" in line or "\r" in line for line in lines):
        raise ConfigurationError(f"a header or the URL of a request to {host} contains a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read_answer(answers: BinaryIO) -> tuple[Reply, bool]:
    """The next answer in a stream, and whether another one may follow (RFC 9112, 6.3 and 9.3).

    Raises ConnectionError for anything that is not a whole answer.
    """
    try:
        status, headers, persists = _read_head(answers)
        while 100 <= status < 200:
            status, headers, persists = _read_head(answers)
        persists = persists and headers.get("connection", "").lower() != "close"
        if status in _WITHOUT_BODY:
            return Reply(status, headers, b""), persists
        if headers.get("transfer-encoding", "").lower().endswith("chunked"):
            return Reply(status, headers, _read_chunks(answers)), persists
        if "content-length" in headers:
            return Reply(status, headers, _read_exactly(answers, int(headers["content-length"]))), persists
        return Reply(status, headers, answers.read()), False
    except ValueError as error:
        raise ConnectionError(f"not an HTTP answer: {error}") from error


def _read_head(answers: BinaryIO) -> tuple[int, dict[str, str], bool]:
    version, code = _read_line(answers).split(maxsplit=2)[:2]
    if not version.startswith("HTTP/1."):
        raise ValueError(version[:40])
    headers: dict[str, str] = {}
    while line := _read_line(answers):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
        if len(headers) > _HEADERS:
            raise ValueError(f"more than {_HEADERS} headers")
    return int(code), headers, version != "HTTP/1.0"


def _read_chunks(answers: BinaryIO) -> bytes:
    content = bytearray()
    while length := int(_read_line(answers).partition(";")[0], 16):
        content += _read_exactly(answers, length)
        _read_line(answers)
    while _read_line(answers):
        pass  # trailers
    return bytes(content)


def _read_line(answers: BinaryIO) -> str:
    line = answers.readline(_LINE_BYTES)
    if not line.endswith(b"\n"):
        raise ConnectionError("the connection was closed" if len(line) < _LINE_BYTES else "a header is too long")
    return line.rstrip(b"\r\n").decode("latin-1")


def _read_exactly(answers: BinaryIO, length: int) -> bytes:
    content = answers.read(length)
    if len(content) < length:
        raise ConnectionError("the connection was closed within an answer")
    return content
