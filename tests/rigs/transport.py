"""Transports without a socket: one that plays a script, and one that asks a function in this process."""

from collections.abc import Callable, Mapping

import msgspec

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.compression import decompress
from twin2multicloud.wire.http import Request

Answer = Reply | Exception
Serve = Callable[[Request], Reply]


class Posted(msgspec.Struct, frozen=True):
    """One POST as it went out."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float

    @property
    def plain(self) -> bytes:
        return decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


class ScriptedTransport:
    """A `Transport` that gives the answers of a script, one by one, and keeps what was posted."""

    def __init__(self, *script: Answer) -> None:
        self._script = list(script)
        self.posted: list[Posted] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        self.posted.append(Posted(url, headers, body, timeout))
        answer = self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class ServedTransport:
    """A `Transport` to functions that are served here by URL; a URL that nobody serves refuses the connection."""

    def __init__(self) -> None:
        self.served: dict[str, Serve] = {}

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        if url not in self.served:
            raise RetryableError(f"connection refused: {url}")
        path = "/" + url.split("://", 1)[-1].partition("/")[2]
        return self.served[url](Request("POST", path, {name.lower(): value for name, value in headers.items()}, body))


class TransportRig:
    """What the contract suite needs to know of an adapter: how to have something answer it, or nothing."""

    def __init__(self) -> None:
        self.transport = ServedTransport()

    def serve(self, answer: Serve) -> str:
        """The URL at which `answer` answers."""
        url = f"https://rig-{len(self.transport.served)}.example/endpoint"
        self.transport.served[url] = answer
        return url

    def silent(self) -> str:
        """The URL of something that accepts and never answers."""

        def never(request: Request) -> Reply:
            raise RetryableError("timed out")

        return self.serve(never)

    def dark(self) -> str:
        """A URL at which nothing listens."""
        return "https://dark.example/endpoint"
