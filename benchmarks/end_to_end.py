"""MQTT -> hot store over two remote boundaries, on running clouds: throughput, and latency with and without load."""

import itertools
import json
import tempfile
import threading
import time
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from statistics import median

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import RunningTwin, placement

from benchmarks import cpu, hot_rows, pipelines
from benchmarks.cpu import Cost
from benchmarks.load import publishes
from benchmarks.pipelines import TOPIC, Pipeline
from benchmarks.report import Result, Section, percentile, rate
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Placement, Slot

_EPOCH = 1_700_000_000_000
MESSAGE_BYTES = 800
_PLACEMENT = placement(AWS, AZURE, GCP)


def reading(number: int, device: int = 0) -> dict[str, object]:
    """About 800 B of JSON: a counter, numbers and a text."""
    values: dict[str, object] = {"ts": _EPOCH + number, "n": number * 100 + device}
    values |= {f"sensor_{index:02}": round(20 + index + number % 997 / 7, 4) for index in range(20)}
    values["note"] = "x" * (MESSAGE_BYTES - len(json.dumps(values)) - 14)
    return values


def payloads(count: int, per_publish: int = 1) -> list[bytes]:
    """What publishes carry: a reading each, or a gateway's list of them."""
    readings = [reading(number) for number in range(count)]
    if per_publish == 1:
        return [json.dumps(each).encode() for each in readings]
    return [json.dumps(readings[start : start + per_publish]).encode() for start in range(0, count, per_publish)]


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    share = 50 if quick else 1
    batched = _throughput(60_000 // share, per_publish=100)
    single = _throughput(40_000 // share)
    on_google = [
        _throughput(60_000 // share, per_publish=100, where=placement(GCP, AZURE, AWS)),
        _throughput(20_000 // share, where=placement(GCP, AZURE, AWS)),
    ]
    throughput = [
        Result("100 readings a publish (a gateway's batch)", _said(batched), "40,000/s, 45 µs"),
        Result("one reading a publish; hops take what is waiting, up to 100", _said(single), "25,000/s, 65 µs"),
        Result("L1 on Google Cloud (then Azure, AWS), 100 readings a publish", _said(on_google[0]), "15,000/s"),
        Result("L1 on Google Cloud (then Azure, AWS), one reading a publish", _said(on_google[1])),
    ]
    latency = [_latency(per_second, 1 if quick else 8) for per_second in (500, 5_000)]
    return {
        f"End to end: MQTT → L1 (AWS) → L2 (Azure) → L3-hot (Google Cloud), {MESSAGE_BYTES} B a reading, fsync before "
        "every acknowledgement; CPU over all processes": throughput,
        "Latency from publish to readable in the hot store, one reading a publish": [*latency, _alone(500 // share)],
    }


def _said(cost: Cost) -> str:
    return f"{rate(cost.per_second, 1)}, {cost.cpu_us:,.0f} µs"


def _throughput(count: int, *, per_publish: int = 1, where: Placement = _PLACEMENT) -> Cost:
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        pipelines.twin(Path(folder), where=where) as (_, pipeline),
    ):
        cost = cpu.run(pipeline, payloads(count, per_publish), per_publish)
    assert not cost.lost, f"{cost.lost} readings were acknowledged and never stored"
    return cost


def _latency(per_second: int, seconds: int) -> Result:
    samples: list[float] = []
    with tempfile.TemporaryDirectory(dir=".") as folder, pipelines.twin(Path(folder)) as (twin, pipeline):
        load = pipeline.connect(2_000)
        packets = publishes(TOPIC, payloads(per_second * seconds))
        load.send(packets[: per_second // 2], per_second)
        stop = threading.Event()
        numbers = takewhile(lambda _: not stop.is_set(), itertools.count())
        prober = threading.Thread(target=_probe, args=(twin, pipeline, numbers, samples), kwargs={"pause": 0.01})
        prober.start()
        load.send(packets[per_second // 2 :], per_second)
        stop.set()
        prober.join()
        load.close()
    return Result(
        f"at {per_second:,} readings/s: p50 / p95 / p99 ({len(samples)} probes)",
        " / ".join(f"{1000 * percentile(samples, share):.1f}" for share in (0.5, 0.95, 0.99)) + " ms",
        "p99 ≤ 10 ms" if per_second == 5_000 else "",
    )


def _alone(count: int) -> Result:
    """Each reading is published when the one before is readable: what an idle twin takes for one."""
    samples: list[float] = []
    warm_up = count // 10
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        pipelines.twin(Path(folder)) as (twin, pipeline),
    ):
        _probe(twin, pipeline, range(warm_up), [])
        used = cpu.cpu_seconds(pipeline.pids)
        _probe(twin, pipeline, range(warm_up, warm_up + count), samples)
        used = cpu.cpu_seconds(pipeline.pids) - used
    return Result(
        "one reading in flight after the other: p50 / p95; CPU",
        f"{1000 * median(samples):.1f} / {1000 * percentile(samples, 0.95):.1f} ms; {1e6 * used / count:,.0f} µs",
        "p50 < 2.5 ms; 700 µs",
    )


def _probe(
    twin: RunningTwin, pipeline: Pipeline, numbers: Iterable[int], samples: list[float], pause: float = 0
) -> None:
    """Publish one reading after the other and look into the store's file until it is there."""
    load, there = pipeline.connect(10), hot_rows.finder(_store(twin), "g-002")
    for number in numbers:
        values = json.dumps(reading(number)).encode()
        packet = publishes(telemetry_topic("testtwin", "g-002"), [values])
        begun = time.perf_counter()
        load.send(packet)
        while not there(_EPOCH + number):
            time.sleep(0.0005 if pause else 0.0001)  # beside a load, looking takes CPU from it
        samples.append(time.perf_counter() - begun)
        time.sleep(pause)
    load.close()


def _store(twin: RunningTwin) -> Path:
    home = twin.deployment.topology.placement[Slot.L3_HOT]
    return twin.deployment.state.process(home) / "hot.sqlite"
