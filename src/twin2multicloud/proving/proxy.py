"""A proxy in front of a cloud's endpoints, over real sockets, on which what `network.Trouble` names goes wrong.

It knows HTTP/1.1 and nothing of envelopes. Requests pass while there is no trouble.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from twin2multicloud.proving.network import Trouble

_TIMEOUT = 30.0
_SLOW = 0.5, 3.0  # seconds, least and most
_LOOK = 0.1
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


class Proxy:
    """Listens on a free `port` and passes requests on to the port of a cloud. Counts what it did to them."""

    def __init__(self, upstream: int, chance: random.Random) -> None:
        self.upstream, self.chance, self.counts = upstream, chance, Counter[str]()
        self.troubles: list[Trouble] = []
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="proxy", daemon=True).start()

    @contextmanager
    def trouble(self, kind: Trouble) -> Iterator[None]:
        """Something goes wrong for a while."""
        self.troubles.append(kind)
        try:
            yield
        finally:
            self.troubles.remove(kind)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    proxy: Proxy
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT

    def do_POST(self) -> None:
        """Pass a request on, or do to it what is to be done."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy, troubles = self.proxy, tuple(self.proxy.troubles)
        proxy.counts["net: requests between clouds"] += 1
        if Trouble.SILENT in troubles:
            while Trouble.SILENT in proxy.troubles:
                time.sleep(_LOOK)
        if Trouble.SILENT in troubles or Trouble.REFUSED in troubles:
            self.close_connection = True
        elif Trouble.TOO_MANY in troubles:
            self._answer(429, {"retry-after": "1"}, b"")
        elif Trouble.SERVER_ERROR in troubles:
            self._answer(proxy.chance.choice((500, 502, 503, 504)), {}, b"<html>no</html>")
        else:
            self._pass_on(body, troubles)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes, troubles: tuple[Trouble, ...]) -> None:
        chance, counts = self.proxy.chance, self.proxy.counts
        if Trouble.SLOW in troubles:
            time.sleep(chance.uniform(*_SLOW))
        try:
            status, headers, answer = self._ask(body)
            if Trouble.TWICE in troubles and chance.random() < 0.5:
                counts["net: requests that arrived twice"] += 1
                status, headers, answer = self._ask(body)
        except (OSError, HTTPException):  # the cloud is down
            self.close_connection = True
            return
        if Trouble.CUT in troubles and chance.random() < 0.5:
            counts["net: answers that were lost"] += 1
            self.close_connection = True
            return
        self._answer(status, headers, answer)

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = HTTPConnection("127.0.0.1", self.proxy.upstream, timeout=_TIMEOUT)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            upstream.request("POST", self.path, body, headers)
            answer = upstream.getresponse()
            return answer.status, dict(answer.headers.items()), answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
