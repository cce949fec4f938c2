"""The proxy in front of a cloud: requests pass, or what is asked for goes wrong with them, and is counted."""

import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.proving.network import Trouble
from twin2multicloud.proving.proxy import Proxy
from twin2multicloud.wire.http_transport import HttpTransport


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    seen: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append(body)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Wire:
    """A proxy, what is behind it, and a client in front."""

    def __init__(self, proxy: Proxy, seen: list[bytes]) -> None:
        self.proxy, self.seen, self._transport = proxy, seen, HttpTransport()

    def post(self, body: bytes) -> tuple[int, bytes]:
        reply = self._transport.post(f"http://127.0.0.1:{self.proxy.port}/ingestion", {"x-a": "1"}, body, 5.0)
        return reply.status, reply.body

    def close(self) -> None:
        self._transport.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    seen: list[bytes] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Upstream,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    proxy = Proxy(server.server_port, random.Random(1))
    made = Wire(proxy, seen)
    yield made
    made.close()
    proxy.close()
    server.shutdown()
    server.server_close()


def test_requests_pass(wire: Wire) -> None:
    assert wire.post(b"one") == (200, b"one")
    assert wire.post(b"") == (200, b"")
    assert wire.seen == [b"one", b""]
    assert wire.proxy.counts["net: requests between clouds"] == 2


@pytest.mark.parametrize(
    ("kind", "statuses"), [(Trouble.TOO_MANY, {429}), (Trouble.SERVER_ERROR, {500, 502, 503, 504})]
)
def test_storms_answer_in_the_clouds_place(wire: Wire, kind: Trouble, statuses: set[int]) -> None:
    with wire.proxy.trouble(kind):
        assert {wire.post(b"x")[0] for _ in range(5)} <= statuses
    assert wire.seen == []
    assert wire.post(b"after") == (200, b"after")


def test_a_partition_refuses(wire: Wire) -> None:
    with wire.proxy.trouble(Trouble.REFUSED), pytest.raises(RetryableError):
        wire.post(b"x")
    assert wire.seen == []


def test_answers_are_cut_after_the_cloud_has_done_what_it_was_asked_and_requests_come_twice(wire: Wire) -> None:
    lost = 0
    with wire.proxy.trouble(Trouble.CUT):
        for number in range(20):
            try:
                wire.post(b"%d" % number)
            except RetryableError:
                lost += 1
    assert set(wire.seen) == {b"%d" % number for number in range(20)}
    assert lost <= wire.proxy.counts["net: answers that were lost"]
    before = len(wire.seen)
    with wire.proxy.trouble(Trouble.TWICE):
        for number in range(20):
            assert wire.post(b"%d" % number) == (200, b"%d" % number)
    twice = wire.proxy.counts["net: requests that arrived twice"]
    assert twice > 0
    assert len(wire.seen) - before == 20 + twice
