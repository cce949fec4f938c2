"""Every service of every cloud at an address where the answer is no: what a function does then needs no emulator, and
none of its adapters' retrying either. Cosmos DB's account is shown to whoever asks, since its client asks when it is
made.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.vendor_google_server import GoogleServer
from twin2multicloud.domain.placement import Cloud


class Refusing:
    """Both servers. `calls` says how often anything was asked; `environment` leads a cloud's adapters here."""

    def __init__(self, http: "_Http", google: GoogleServer) -> None:
        self._http, self._google = http, google

    @property
    def calls(self) -> int:
        return self._http.calls + self._google.calls

    def environment(self, cloud: Cloud, env: Mapping[str, str]) -> dict[str, str]:
        """A function's environment with credentials, and every service in it here."""
        url = self._http.url
        queue = {AWS: f"{url}/1/queue", AZURE: "queue", GCP: "projects/p/topics/queue"}[cloud]
        queues = {name: queue for name in env if name.endswith("_QUEUE")}
        remotes = {name: url for name in env if name.startswith("REMOTE_") and name.endswith("_URL")}
        return {**env, **queues, **remotes, **self._signed_in()[cloud]}

    def _signed_in(self) -> Mapping[Cloud, Mapping[str, str]]:
        url, google = self._http.url, self._google.host
        return {
            AWS: {
                "AWS_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "AWS_ENDPOINT_URL": url,
            },
            AZURE: {
                "QUEUES__queueServiceUri": f"{url}/account",
                "QUEUES_KEY": "bm9uZQ==",
                "OBJECT_STORE_URL": f"{url}/account",
                "OBJECT_STORE_KEY": "bm9uZQ==",
                "COSMOS_URL": url,
                "COSMOS_KEY": "bm9uZQ==",
                "ERROR_TOPIC": f"{url}/topic",
                "ERROR_TOPIC_KEY": "none",
                "AZURE_CLIENT_ID": "none",  # who signs in without a key asks here for a token, and gets none
                "IDENTITY_ENDPOINT": f"{url}/msi/token",
                "IDENTITY_HEADER": "none",
                "TWIN_SERVICE_NAME": "https://127.0.0.1",
            },
            GCP: {
                "GOOGLE_CLOUD_PROJECT": "p",
                "PUBSUB_EMULATOR_HOST": google,
                "FIRESTORE_EMULATOR_HOST": google,
                "STORAGE_EMULATOR_HOST": url,
                "ERROR_TOPIC": "projects/p/topics/errors",
                "CLOUD": "gcp",
                "TWIN_NAME": "house",  # what the device gateway is told, which is no function to the plan
                "DEVICE_REGISTRY_NAME": "devices",
                "DEVICE_TOPIC": "projects/p/topics/devices",
            },
        }


class _Http(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_GET(self) -> None:
        account = self.path == "/" and "x-ms-version" in self.headers
        self._answer(200 if account else 403, b'{"writableLocations": [], "readableLocations": []}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(403, b'{"__type": "AccessDeniedException"}')  # AWS's own word for it; Azure's is the status

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self._answer(403, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.server.calls += 1
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def refusing() -> Iterator[Refusing]:
    """The servers, as long as they are needed."""
    http, google = _Http(), GoogleServer()
    google.faults, google.stuck = [grpc.StatusCode.PERMISSION_DENIED], True
    thread = threading.Thread(target=http.serve_forever, name="refusing")
    thread.start()
    try:
        yield Refusing(http, google)
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
        google.close()
