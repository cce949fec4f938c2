"""MQTT -> hot store over two remote boundaries, on running clouds: throughput, and latency under load."""

import json
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from benchmarks.load import Load, publishes
from benchmarks.report import Result, percentile, rate
from twin2multicloud.emulator.adapters.device_authenticator import GATEWAY, password, telemetry_topic

_EPOCH = 1_700_000_000_000
MESSAGE_BYTES = 800


def reading(number: int, device: int = 0) -> dict[str, object]:
    """About 800 B of JSON: a counter, numbers and a text."""
    values: dict[str, object] = {"ts": _EPOCH + number, "n": number * 100 + device}
    values |= {f"sensor_{index:02}": round(20 + index + number % 997 / 7, 4) for index in range(20)}
    values["note"] = "x" * (MESSAGE_BYTES - len(json.dumps(values)) - 14)
    return values


def measure() -> dict[str, list[Result]]:
    """Every row of this file."""
    throughput = [
        Result("100 readings a publish (a gateway's batch)", _throughput(60_000, per_publish=100), "20,000/s"),
        Result("one reading a publish; hops take what is waiting, up to 100", _throughput(40_000), "5,000/s"),
        Result("one reading a publish and one a hop (batching off)", _throughput(6_000, batch_records=1), ""),
    ]
    latency = [row for per_second in (500, 5_000) for row in _latency(per_second)]
    return {
        f"End to end: MQTT → L1 (AWS) → L2 (Azure) → L3-hot (Google Cloud), {MESSAGE_BYTES} B a reading, fsync before "
        "every acknowledgement": throughput,
        "Latency from publish to readable in the hot store, one reading a publish": latency,
    }


def _throughput(count: int, *, per_publish: int = 1, batch_records: int | None = None) -> str:
    payloads = _payloads(count, per_publish)
    with tempfile.TemporaryDirectory(dir=".") as folder, _twin(Path(folder), batch_records) as twin:
        load = _load(twin, window=max(8, 2_000 // per_publish))
        packets = publishes(telemetry_topic("testtwin", "g-001"), payloads)
        warm_up = len(packets) // 10
        load.send(packets[:warm_up])
        twin.settle()
        begun = time.perf_counter()
        load.send(packets[warm_up:])
        _wait_until_stored(twin, count)
        seconds = time.perf_counter() - begun
        load.close()
        return rate(count - warm_up * per_publish, seconds)


def _latency(per_second: int) -> list[Result]:
    seconds = 8
    payloads = _payloads(per_second * seconds, 1)
    with tempfile.TemporaryDirectory(dir=".") as folder, _twin(Path(folder), None) as twin:
        load, probe = _load(twin, window=2_000), _load(twin, window=10)
        store = twin.deployment.data_folder(GCP) / "hot.sqlite"
        packets = publishes(telemetry_topic("testtwin", "g-001"), payloads)
        load.send(packets[: per_second // 2], per_second)
        samples: list[float] = []
        stop = threading.Event()
        prober = threading.Thread(target=_probe, args=(probe, store, samples, stop))
        prober.start()
        load.send(packets[per_second // 2 :], per_second)
        stop.set()
        prober.join()
        load.close()
        probe.close()
    return [
        Result(
            f"at {per_second:,} readings/s: p50 / p95 / p99 ({len(samples)} probes)",
            " / ".join(f"{1000 * percentile(samples, share):.1f}" for share in (0.5, 0.95, 0.99)) + " ms",
            "p99 < 20 ms" if per_second == 5_000 else "",
        )
    ]


def _probe(load: Load, store: Path, samples: list[float], stop: threading.Event) -> None:
    """Publish one reading after the other and look into the store's file until it is there."""
    db = sqlite3.connect(store, isolation_level=None)
    number = 0
    while not stop.is_set():
        stamp = _EPOCH + number
        packet = publishes(telemetry_topic("testtwin", "g-002"), [json.dumps({"ts": stamp, "n": number}).encode()])
        begun = time.perf_counter()
        load.send(packet)
        while not db.execute(
            "SELECT 1 FROM readings JOIN devices ON id = device WHERE name = 'g-002' AND time = ?", (stamp,)
        ).fetchone():
            time.sleep(0.0005)
        samples.append(time.perf_counter() - begun)
        number += 1
        time.sleep(0.01)
    db.close()


def _payloads(count: int, per_publish: int) -> list[bytes]:
    readings = [reading(number) for number in range(count)]
    if per_publish == 1:
        return [json.dumps(each).encode() for each in readings]
    return [json.dumps(readings[start : start + per_publish]).encode() for start in range(0, count, per_publish)]


def _twin(folder: Path, batch_records: int | None):
    return running(write_project(folder / "p", placement(AWS, AZURE, GCP)), batch_records=batch_records)


def _load(twin: RunningTwin, window: int) -> Load:
    port = twin.deployment.acquisition.mqtt_port
    assert port is not None
    return Load(port, GATEWAY, password(twin.secrets.device_key, GATEWAY), window)


def _wait_until_stored(twin: RunningTwin, count: int) -> None:
    """The persister's own count, because counting rows would cost the store."""
    db = sqlite3.connect(twin.deployment.data_folder(GCP) / "hot.sqlite", isolation_level=None)
    while (db.execute("SELECT max(rowid) FROM readings").fetchone()[0] or 0) < count:
        time.sleep(0.005)
    assert db.execute("SELECT count(*) FROM readings").fetchone()[0] == count
    db.close()
