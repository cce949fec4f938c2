"""The limits beside which the rest is read, each alone, in the same run: a POST, the MQTT endpoint, the store."""

import asyncio
import multiprocessing
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import uvicorn

from benchmarks.end_to_end import reading
from benchmarks.load import Load, publishes
from benchmarks.pipelines import mosquitto
from benchmarks.report import Result, Section, rate
from twin2multicloud.domain.telemetry import normalise
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.host.ports import hold_free_port
from twin2multicloud.emulator.mqtt.listener import Listener
from twin2multicloud.emulator.mqtt.service import DeviceService
from twin2multicloud.wire.http_transport import HttpTransport


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    share = 50 if quick else 1
    return {
        "The limits, each alone": [
            Result("POST of 80 KB to a bare ASGI app, 4 threads of our transport", _posts(80_000, 4, 4_000 // share)),
            Result("POST of 800 B, the same", _posts(800, 4, 12_000 // share)),
            Result("our MQTT endpoint alone, 800 B, acknowledging at once", _endpoint(60_000 // share)),
            Result("mosquitto alone, the same load", _mosquitto(60_000 // share)),
            Result("the hot store alone, batches of 100 readings of 800 B, fsync each", _store(60_000 // share)),
        ]
    }


async def _bare(_scope, receive, send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def _serve_http(port: int) -> None:
    uvicorn.run(_bare, port=port, log_level="error", http="httptools", loop="uvloop", lifespan="off", ws="none")


def _posts(size: int, threads: int, count: int) -> str:
    port = hold_free_port()
    server = multiprocessing.get_context("spawn").Process(target=_serve_http, args=(port,), daemon=True)
    server.start()
    _wait_for(port)
    transport, body = HttpTransport(), b"x" * size

    def work() -> None:
        for _ in range(count // threads):
            transport.post(f"http://127.0.0.1:{port}/", {}, body, 10)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begun
    transport.close()
    server.kill()
    return rate(count, seconds)


class _Everyone:
    """A authenticator that knows everyone."""

    def knows(self, _username: str | None, _password: str | None) -> bool:
        return True

    def device_of(self, _username: str, topic: str) -> str | None:
        return topic.split("/")[2]


def _serve_mqtt(port: int) -> None:
    import uvloop

    def accept(_, done) -> bool:
        done(None)
        return True

    async def serve() -> None:
        service = DeviceService(
            authenticator=_Everyone(),
            accept=accept,
            rejected=lambda **_: None,
            refusal=lambda _: None,
            max_publish_bytes=128 * 1024,
        )
        Listener(service, port, None)
        await asyncio.Event().wait()

    uvloop.run(serve())


def _endpoint(count: int) -> str:
    port = hold_free_port()
    server = multiprocessing.get_context("spawn").Process(target=_serve_mqtt, args=(port,), daemon=True)
    server.start()
    seconds = _load(port, count)
    server.kill()
    return rate(count, seconds)


def _mosquitto(count: int) -> str:
    binary = mosquitto()
    if binary is None:
        return "not on this machine"
    with tempfile.TemporaryDirectory() as folder:
        port = hold_free_port()
        configuration = Path(folder) / "mosquitto.conf"
        configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\n")
        broker = subprocess.Popen([binary, "-c", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = _load(port, count)
        broker.kill()
        broker.wait()
    return rate(count, seconds)


def _load(port: int, count: int) -> float:
    _wait_for(port)
    packets = publishes("dt/twin/device/telemetry", [b"x" * 800] * count)
    load = Load(port, "user", "password", 2_000)
    load.send(packets[: count // 30])
    begun = time.perf_counter()
    load.send(packets)
    seconds = time.perf_counter() - begun
    load.close()
    return seconds


def _store(count: int) -> str:
    batches = [
        [normalise(reading(number), now="", device_id="d1") for number in range(start, start + 100)]
        for start in range(0, count, 100)
    ]
    with tempfile.TemporaryDirectory(dir=".") as folder:
        staged = Staged()
        table = SqliteTable(Path(folder) / "hot.sqlite", staged)
        store = hot_store(table)
        begun = time.perf_counter()
        for batch in batches:
            store.write(batch)
            for group in staged.take():
                group.wait()
        seconds = time.perf_counter() - begun
        table.close()
    return rate(count, seconds)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")
