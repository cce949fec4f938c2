"""An Event Grid topic of ours, over HTTP, that Azure's real client publishes to: it takes no transport of a rig's.

Shapes: learn.microsoft.com, "Publish events to Azure Event Grid custom topics using access keys".
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "EventGridServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.take(dict(self.headers.items()), body)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class EventGridServer(ThreadingHTTPServer):
    """A topic that takes CloudEvents from those who have its key. `faults` are statuses that it answers first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/api/events"
        self.events: list[dict[str, Any]] = []
        self.faults: list[int] = []
        self.calls = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.calls += 1
        if self.faults:
            return self.faults.pop(0)
        named = {name.lower(): value for name, value in headers.items()}
        if named.get("aeg-sas-key") != "key":
            return 401
        if not named.get("content-type", "").startswith("application/cloudevents-batch+json"):
            return 415
        self.events += json.loads(body)
        return 200


@contextmanager
def event_grid_server() -> Iterator[EventGridServer]:
    server = EventGridServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
