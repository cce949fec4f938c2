"""The hot reader over its endpoint: 10,000 points of one device out of 10 million rows."""

import json
import sqlite3
import tempfile
import time
import urllib.request
from pathlib import Path

import msgspec
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, running, write_project

from benchmarks.report import Result, percentile
from twin2multicloud.emulator.adapters.hot_store import SqliteHotStore
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.wire.tokens import HEADER

DEVICES, POINTS = 1_000, 10_000
_EPOCH = 1_700_000_000_000


def measure() -> dict[str, list[Result]]:
    """Every row of this file."""
    where = msgspec.structs.replace(placement(AWS, AZURE, GCP), l5=AWS)
    devices = {
        "types": {"t": {"properties": [{"name": "temperature", "data_type": "DOUBLE"}]}},
        "devices": [{"name": "g", "type": "t", "count": DEVICES, "id_pattern": "g-{n:04}"}],
    }
    hierarchy = {"entities": [{"id": "e1", "components": [{"name": "c1", "group": "g"}]}]}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        project = write_project(
            Path(folder) / "p",
            where,
            config={"dashboard": "hot-store"},
            config_iot_devices=devices,
            config_hierarchy=hierarchy,
        )
        (project / ".t2mc" / "gcp").mkdir(parents=True)
        _fill(project / ".t2mc" / "gcp" / "hot.sqlite")
        with running(project) as twin:
            url, token = twin.deployment.url_of("gcp.hot-reader"), twin.secrets.token
            samples = [_read(url, token, f"g-{number:04}") for number in range(1, 41)]
    return {
        f"Hot reader over HTTP, {POINTS:,} points of one device out of {DEVICES * POINTS:,} rows": [
            Result(
                "p50 / p95, 40 devices, each read for the first time",
                f"{1000 * percentile(samples, 0.5):.0f} / {1000 * percentile(samples, 0.95):.0f} ms",
                "60 ms",
            )
        ]
    }


def _read(url: str, token: str, device: str) -> float:
    asked = {"iotDeviceId": device, "selectedProperties": ["temperature"], "maxResults": POINTS}
    request = urllib.request.Request(url, json.dumps(asked).encode(), {HEADER: token})
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
    seconds = time.perf_counter() - begun
    (series,) = json.loads(body)["propertyValues"]
    assert len(series["values"]) == POINTS
    return seconds


def _fill(path: Path) -> None:
    """As they would come: all devices at one time, then all at the next. Written without waiting for the disk."""
    SqliteHotStore(path, Staged()).close()  # makes the tables
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.executemany("INSERT INTO devices VALUES (?, ?)", [(n, f"g-{n:04}") for n in range(1, DEVICES + 1)])
    db.executemany("INSERT INTO properties VALUES (?, 'temperature')", [(n,) for n in range(1, DEVICES + 1)])
    for start in range(0, POINTS, 100):
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO readings VALUES (?, ?, ?, ?)",
            (
                (device, _EPOCH + 1000 * point, f"{device:08x}{point:08x}", b'{"temperature":%d.25}' % (point % 50))
                for point in range(start, start + 100)
                for device in range(1, DEVICES + 1)
            ),
        )  # fmt: skip
        db.execute("COMMIT")
    db.close()
