"""The hot reader over its endpoint: 10,000 points out of 10 million rows, and many readers beside an ingestion."""

import http.client
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import RunningTwin, placement

from benchmarks import cpu, hot_rows, pipelines
from benchmarks.end_to_end import payloads
from benchmarks.pipelines import Pipeline
from benchmarks.report import Result, Section, percentile, rate
from twin2multicloud.wire.tokens import HEADER

DEVICES, POINTS = 1_000, 10_000
_READERS, _READERS_POINTS = 16, 1_000
_EPOCH = 1_600_000_000_000
_CATALOG = {
    "types": {"t": {"properties": [{"name": "temperature", "data_type": "DOUBLE"}]}},
    "devices": [{"name": "g", "type": "t", "count": DEVICES, "id_pattern": "g-{n:03}"}],
}
_HIERARCHY = {"entities": [{"id": "e1", "components": [{"name": "c1", "group": "g"}]}]}


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    devices = 20 if quick else DEVICES
    with _twin(devices, POINTS) as (twin, _):
        url, token = _endpoint(twin)
        samples = [_read(url, token, f"g-{number:03}", POINTS) for number in range(1, (3 if quick else 40) + 1)]
    return {
        f"Hot reader over HTTP, {POINTS:,} points of one device out of {devices * POINTS:,} rows": [
            Result("p50 / p95, 40 devices, each read for the first time", _quantiles(samples), "40 ms")
        ],
        f"{_READERS} readers of {_READERS_POINTS:,} points beside an ingestion, one reading a publish": _beside(
            1_000 if quick else 40_000, 0.5 if quick else 5
        ),
    }


def _beside(count: int, seconds: float) -> list[Result]:
    sent = payloads(2 * count)
    with _twin(_READERS, _READERS_POINTS) as (twin, pipeline):
        with _readers(twin) as alone:
            time.sleep(seconds)
        ingested_alone = cpu.run(pipeline, sent[:count], 1)
        with _readers(twin) as beside:
            ingested_beside = cpu.run(pipeline, sent[count:], 1)
    share = ingested_beside.per_second / ingested_alone.per_second
    return [
        Result("a read, p50 / p95, nothing else going on", _quantiles(alone)),
        Result("a read, p50 / p95, during ingestion", _quantiles(beside), "p50 ≤ 200 ms"),
        Result("ingestion, nobody reading", rate(ingested_alone.per_second, 1)),
        Result("ingestion beside the readers", f"{rate(ingested_beside.per_second, 1)}, {share:.2f} ×", "0.8 ×"),
    ]


@contextmanager
def _twin(devices: int, points: int) -> Iterator[tuple[RunningTwin, Pipeline]]:
    """A twin whose hot reader has an endpoint, and whose store was filled before it started."""
    where = msgspec.structs.replace(placement(AWS, AZURE, GCP), l5=AWS)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        state = Path(folder) / "project" / ".t2mc" / "gcp"
        state.mkdir(parents=True)
        hot_rows.fill(state / "hot.sqlite", devices, points, _EPOCH)
        with pipelines.twin(
            Path(folder),
            where=where,
            config={"dashboard": "hot-store"},
            config_iot_devices=_CATALOG,
            config_hierarchy=_HIERARCHY,
        ) as running:
            yield running


@contextmanager
def _readers(twin: RunningTwin) -> Iterator[list[float]]:
    """Readers in a process of their own, each asking again once it was answered. The seconds of their answers."""
    samples: list[float] = []
    here, there = multiprocessing.Pipe()
    arguments = (*_endpoint(twin), there)
    process = multiprocessing.get_context("spawn").Process(target=_read_until_told, args=arguments, daemon=True)
    process.start()
    here.recv()
    yield samples
    here.send(None)
    samples += here.recv()
    process.join()


def _read_until_told(url: str, token: str, told: Connection) -> None:
    samples: list[float] = []
    stop = threading.Event()

    def work(number: int) -> None:
        while not stop.is_set():
            samples.append(_read(url, token, f"g-{number:03}", _READERS_POINTS))

    threads = [threading.Thread(target=work, args=(1 + number,)) for number in range(_READERS)]
    told.send(None)
    for thread in threads:
        thread.start()
    told.recv()
    stop.set()
    for thread in threads:
        thread.join()
    told.send(samples)


def _endpoint(twin: RunningTwin) -> tuple[str, str]:
    return twin.deployment.url_of("gcp.hot-reader"), twin.secrets.token


def _read(url: str, token: str, device: str, points: int) -> float:
    asked = {"iotDeviceId": device, "selectedProperties": ["temperature"], "maxResults": points}
    place = urlsplit(url)
    begun = time.perf_counter()
    connection = http.client.HTTPConnection(place.netloc, timeout=30)
    connection.request("POST", place.path, json.dumps(asked), {HEADER: token})
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - begun
    connection.close()
    assert answer.status == 200, body
    assert body.count(b'"time"') == points, body[:300]
    return seconds


def _quantiles(samples: list[float]) -> str:
    return " / ".join(f"{1000 * percentile(samples, share):.0f}" for share in (0.5, 0.95)) + " ms"
