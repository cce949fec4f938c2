"""The storage tiers: movers over a cloud boundary, their memory, queries over all ages, what moving costs others."""

import csv
import gzip
import json
import multiprocessing
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.rigs.chance import RigChance
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.readings import reading as rig_reading
from tests.rigs.running_twin import RunningTwin

from benchmarks import cpu, pipelines
from benchmarks.end_to_end import reading
from benchmarks.pipelines import Pipeline
from benchmarks.report import Result, Section, percentile, rate
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.rota import WHOLE
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.functions.storage.chunks import next_chunk
from twin2multicloud.functions.storage.hot_to_cold_mover import hot_to_cold
from twin2multicloud.operations.storage import move
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.ports.hot_store import RowKey

WHERE = Placement(l1=AWS, l2=AZURE, l3_hot=AWS, l3_cold=AZURE, l3_archive=GCP, l4=GCP, l5=GCP)
RECORDING = Path(__file__).parents[2] / "shared" / "data" / "room-climate" / "location_A-measurement01.csv"
_FIELDS = ("temperature", "humidity", "light_1", "light_2", "occupants", "activity", "door", "window")
_OLD, _DAY = 1_700_000_000_000, 86_400_000
_LATER, _FAR = "2026-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    few = 5_000 if quick else 100_000
    return {
        "Movers": [*_over_a_boundary(few), *_memory(few, 5 if quick else 20)],
        "Tiers: what is read, and what is kept": [_query(2_000 if quick else 10_000, 3 if quick else 40), *_size()],
        "Ingestion beside a mover, 100 readings a publish; medians of alternating rounds": _beside(
            2_000 if quick else 20_000, 1 if quick else 3
        ),
    }


@contextmanager
def _twin(readings: Callable[[], Iterator[Reading]], cold_days: int = 36_500) -> Iterator[tuple[RunningTwin, Pipeline]]:
    """A twin whose hot store was filled before it started; all that is older than two days is due."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        state = Path(folder) / "project" / ".t2mc" / "aws"
        state.mkdir(parents=True)
        _fill(state / "hot.sqlite", readings())
        config = {"hot_retention_days": 2, "cold_retention_days": cold_days}
        with pipelines.twin(Path(folder), where=WHERE, config=config) as running:
            yield running


def _fill(file: Path, readings: Iterator[Reading]) -> None:
    table = SqliteTable(file, Staged())
    store, batch = hot_store(table), list[Reading]()
    for each in readings:
        batch.append(each)
        if len(batch) == 5_000:
            store.write(batch)
            batch = []
    store.write(batch)
    table.close()


def _old(count: int, devices: Sequence[str] = ("g-001",)) -> Iterator[Reading]:
    """Readings of 800 B, all due, in turns of the devices."""
    for number in range(count):
        device = devices[number % len(devices)]
        yield rig_reading({**reading(number), "ts": _OLD + number, "device_id": device})


def _over_a_boundary(count: int) -> list[Result]:
    devices = [f"g-{number:03}" for number in range(1, 11)]
    with _twin(lambda: _old(count, devices)) as (twin, pipeline):
        used, begun = cpu.cpu_seconds(pipeline.pids), time.perf_counter()
        (moved, _) = move(open_twin(Path(twin.deployment.folder), deployed=False))
        seconds, used = time.perf_counter() - begun, cpu.cpu_seconds(pipeline.pids) - used
    assert moved.readings == count, moved
    alone = _chunks_alone(min(count, 50_000))
    return [
        Result(
            f"hot (AWS) → cold (Azure), {count:,} readings of 800 B in {moved.objects} objects",
            f"{rate(count, seconds)}, {1e6 * used / count:.0f} µs",
            "50,000/s",
        ),
        Result("beside it: chunks made and compressed of readings in memory, one core", alone),
    ]


def _chunks_alone(count: int) -> str:
    left = list(_old(count))
    begun = time.perf_counter()
    place = 0
    while chunk := next_chunk(left[place:]):
        place += len(chunk.keys)
    return rate(count, time.perf_counter() - begun)


class _Endless:
    """A hot store's face of 30 million due rows, which are made when they are asked for."""

    def __init__(self, rows: int) -> None:
        self._rows, self._deleted = rows, 0

    def oldest(self, device_id: str, _before: str, limit: int, after: RowKey | None = None) -> list[Reading]:
        first = self._deleted if after is None else 1 + int(after.message_id)
        return [_row(device_id, number) for number in range(first, min(self._rows, first + limit))]

    def delete(self, _device_id: str, keys: Sequence[RowKey]) -> None:
        self._deleted += len(keys)


def _row(device: str, number: int) -> Reading:
    stamp = from_milliseconds(_OLD + number)
    return rig_reading({"device_id": device, "timestamp": stamp, "message_id": f"{number:09}", "t": number % 997 / 7})


def _memory(count: int, objects: int) -> list[Result]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        file = Path(folder) / "hot.sqlite"
        _fill(file, _old(count))
        real = _in_a_process(_peak_of_sqlite, str(file), objects)
    endless = _in_a_process(_peak_of_endless, 30_000_000, objects)
    aim = "150 MB"
    return [
        Result(
            f"a mover's memory, 30,000,000 due rows made as they are read, its first {objects} objects", endless, aim
        ),
        Result(f"the same, {count:,} due rows of 800 B in SQLite, the store's process", real, aim),
    ]


def _in_a_process(measured: Callable[..., None], *arguments: Any) -> str:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=measured, args=(*arguments, there))
    process.start()
    peak = here.recv()
    process.join()
    return f"{peak:.0f} MB"


def _peak_of_endless(rows: int, objects: int, told: Any) -> None:
    told.send(_peak(_Endless(rows), objects))


def _peak_of_sqlite(file: str, objects: int, told: Any) -> None:
    table = SqliteTable(Path(file), Staged())
    told.send(_peak(hot_store(table), objects))
    table.close()


def _peak(store: Any, objects: int) -> float:
    """The most private memory (RssAnon, which leaves out what is mapped of files), in MB, while objects are made."""
    most = 0.0

    def create(_name: str, _body: bytes) -> None:
        nonlocal most
        lines = Path("/proc/self/status").read_text().splitlines()
        most = max(most, int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) * 1024 / 1e6)

    steps = hot_to_cold(("g-001",), store, create, RigChance(0.0))(_LATER, WHOLE)
    for _ in zip(range(objects), steps, strict=False):
        pass
    return most


def _query(points: int, times: int) -> Result:
    """A third of the points in each of the tiers, each on a cloud of its own, out of days of 1,440 points."""
    now = time.time_ns() // 1_000_000 // _DAY * _DAY
    first = now - (points // 1_440 + 2) * _DAY

    def readings() -> Iterator[Reading]:
        for number in range(points):
            stamp = from_milliseconds(first + 60_000 * number)
            yield rig_reading({"device_id": "d1", "timestamp": stamp, "double": number / 7})

    days = points // 1_440
    with _twin(readings, cold_days=2 + max(1, days // 2)) as (twin, _):
        move(open_twin(Path(twin.deployment.folder), deployed=False))
        tiers = [tier.readings for status in twin.client.statuses() for tier in status.tiers]
        samples = []
        for _ in range(times):
            begun = time.perf_counter()
            found = twin.client.history("d1", ["double"], "0001-01-01T00:00:00.000Z", _FAR, points)["double"]
            samples.append(1000 * (time.perf_counter() - begun))
            assert len(found) == points
    kept = f"{points - sum(tiers):,} + {' + '.join(f'{each:,}' for each in sorted(tiers))}"
    what = f"{points:,} points over three tiers on three clouds (hot {kept} in objects of a day), p50 / p95"
    return Result(what, f"{percentile(samples, 0.5):.0f} / {percentile(samples, 0.95):.0f} ms", "150 ms")


def _size() -> list[Result]:
    if not RECORDING.exists():
        return [Result("objects beside their JSON, room-climate", f"{RECORDING.name} is not here", "1/10")]
    by_node: dict[str, list[Reading]] = defaultdict(list)
    with RECORDING.open(newline="", encoding="utf-8") as file:
        for _, time_ms, _, node, *values in csv.reader(file, skipinitialspace=True):
            measured = {name: json.loads(value) for name, value in zip(_FIELDS, values, strict=True)}
            by_node[node].append(rig_reading({"device_id": f"node-{node}", "timestamp": int(time_ms), **measured}))
    plain = packed = objects = 0
    for readings in by_node.values():
        left = sorted(readings, key=lambda each: (each.key.timestamp, each.key.message_id))
        while chunk := next_chunk(left):
            left = left[len(chunk.keys) :]
            plain, packed, objects = plain + len(gzip.decompress(chunk.body)), packed + len(chunk.body), objects + 1
    rows = sum(map(len, by_node.values()))
    what = f"objects beside their JSON, room-climate ({rows:,} rows, {objects} objects of {packed // objects:,} B)"
    return [Result(what, f"1/{plain / packed:.1f}", "1/10")]


def _beside(count: int, rounds: int) -> list[Result]:
    """Each round on clouds of their own: ingestion alone, and beside a mover with five times as much to do."""
    alone, beside, early = list[float](), list[float](), 0
    for _ in range(rounds):
        sent = _recent(2 * count)
        with _twin(lambda: _old(5 * count, ("g-002",))) as (twin, pipeline):
            hot = twin.deployment.state.process(AWS) / "hot.sqlite"
            counted = pipeline._replace(stored=_counter(hot, "g-001"))
            alone.append(cpu.run(counted, sent[: len(sent) // 2], 100).per_second)
            mover = threading.Thread(target=move, args=(open_twin(Path(twin.deployment.folder), deployed=False),))
            mover.start()
            beside.append(cpu.run(counted, sent[len(sent) // 2 :], 100).per_second)
            early += not mover.is_alive()
            mover.join()
    ratio = median(some / one for some, one in zip(beside, alone, strict=True))
    done = f" (done before it in {early} of {rounds})" if early else ""
    return [
        Result("ingestion alone", rate(median(alone), 1)),
        Result(f"ingestion while a mover runs{done}", f"{rate(median(beside), 1)}, {ratio:.2f} ×", "0.8 ×"),
    ]


def _recent(count: int) -> list[bytes]:
    """Publishes of 100 readings that are not due."""
    now = time.time_ns() // 1_000_000
    readings = [{**reading(number), "ts": now + number} for number in range(count)]
    return [json.dumps(readings[start : start + 100]).encode() for start in range(0, count, 100)]


def _counter(file: Path, device: str) -> Callable[[], int]:
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    sql = "SELECT count(*) FROM readings JOIN devices ON id = device WHERE name = ? AND time < 4000000000000"
    return lambda: int(db.execute(sql, (device,)).fetchone()[0])
