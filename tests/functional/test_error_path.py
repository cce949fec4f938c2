"""The error path on running clouds: from a failure to the error table, the operator and the management backend."""

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.cli.errors import follow_errors
from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.wire.tokens import HEADER

pytestmark = pytest.mark.functional


class Backend:
    """A management backend. `refuses`: it answers 503."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.refuses = True
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/errors"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(backend) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler's own is self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if not backend.refuses:
                    backend.told += [each["id"] for each in json.loads(body)["errors"]]
                self.send_response(503 if backend.refuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.server.shutdown()
    made.server.server_close()


def errors_of(twin: RunningTwin) -> list[ErrorEvent]:
    return twin.client.errors(1_000)[0]


def wait_for(condition, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


def test_an_error_is_stored_told_and_listed_and_no_secret_is_in_anything(tmp_path: Path) -> None:
    with backend() as management:
        folder = write_project(tmp_path / "p", placement(AWS, AZURE, GCP), config={"management_url": management.url})
        with running(folder) as twin:
            _fail_everywhere(twin)
            wait_for(lambda: {each.component for each in errors_of(twin)} >= {"dispatcher"})
            twin.settle()
            stored = errors_of(twin)
            assert management.told == []

            management.refuses = False
            twin.publish("g-001", b"once more")
            wait_for(lambda: len(errors_of(twin)) > len(stored))
            told = {each.id for each in errors_of(twin) if each.cloud_provider == AWS}
            wait_for(lambda: set(management.told) >= told)

            assert list(follow_errors(open_twin(folder, deployed=False), "", rounds=1)) == errors_of(twin)[::-1]
            listed = t2mc("errors", folder, "--problems").stdout + t2mc("errors", folder, "--json").stdout
            assert "invalid-telemetry" in listed
            _look_for_secrets(twin, folder, listed)


def _fail_everywhere(twin: RunningTwin) -> None:
    """Failures of many kinds, with the right credentials and with wrong ones."""
    token, site = twin.secrets.token, twin.deployment.acquisition
    twin.publish("g-001", b"no json", b"[1]")
    basic = base64.b64encode(f"g-001:{password(twin.secrets.device_key, 'g-001')}".encode()).decode()
    _post(f"{site.http_url}/topics/dt/testtwin/g-001/telemetry", b"no json", {"authorization": f"Basic {basic}"})
    for each in twin.deployment.topology.endpoints:
        for sent in (token, "wrong"):
            _post(twin.deployment.url_of(each.component), b'{"payload": [', {HEADER: sent})


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            answer.read()
    except urllib.error.HTTPError as refused:
        refused.close()


def _look_for_secrets(twin: RunningTwin, folder: Path, listed: str) -> None:
    """In logs, tables, queues, what the page shows, and what the command line says."""
    shown = msgspec.json.encode([twin.client.kept(), twin.client.rejections()]).decode()
    files = [path for path in (folder / ".t2mc").rglob("*") if path.suffix in (".txt", ".sqlite", ".sqlite-wal")]
    assert {path.name for path in files} >= {"log.txt", "errors.sqlite", "journal.sqlite"}
    secrets = (twin.secrets.token, twin.secrets.operator_key, twin.secrets.device_key)
    secrets += (password(twin.secrets.device_key, "g-001"),)
    for secret in secrets:
        assert secret not in listed
        assert secret not in shown
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
