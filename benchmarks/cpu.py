"""What a run costs: CPU time of processes and their children from /proc, resident memory, and one measured run.

CPU per reading is the figure to compare by: beside other work on the machine it moves by some per cent, where
throughput halves.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load import publishes
from benchmarks.pipelines import Pipeline

_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """CPU µs a reading over all processes, readings a second, and how many were acknowledged and never stored."""

    cpu_us: float
    per_second: float
    lost: int


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of processes and of all that descends from them, alive or waited for."""
    ticks = 0
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime (proc(5))
        for task in Path(f"/proc/{pid}/task").iterdir():
            waiting += map(int, (task / "children").read_text().split())
    return ticks / _TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of one process, in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def run(pipeline: Pipeline, payloads: Sequence[bytes], per_publish: int) -> Cost:
    """Publish over one connection, a tenth of it to warm up, and wait until everything that will be stored is."""
    packets = publishes(pipeline.topic, list(payloads))
    warm_up = max(1, len(packets) // 10)
    load = pipeline.connect(max(8, 2_000 // per_publish))
    expected = pipeline.stored() + warm_up * per_publish
    load.send(packets[:warm_up])
    started_with, _ = wait_until_stored(pipeline, expected)
    used, begun = cpu_seconds(pipeline.pids), time.perf_counter()
    load.send(packets[warm_up:])
    sent = (len(packets) - warm_up) * per_publish
    reached, ended = wait_until_stored(pipeline, started_with + sent)
    used = cpu_seconds(pipeline.pids) - used
    load.close()
    arrived = reached - started_with
    return Cost(1e6 * used / arrived, arrived / (ended - begun), expected + sent - reached)


def wait_until_stored(pipeline: Pipeline, count: int, patience: float = 10.0) -> tuple[int, float]:
    """Wait for a number of rows; how many came and when the last did. Gives up after seconds without another."""
    last, since = -1, time.perf_counter()
    while True:
        found = pipeline.stored()
        now = time.perf_counter()
        if found != last:
            last, since = found, now
        if last >= count or now - since > patience:
            return last, since
        time.sleep(0.005)


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure, and everything that was lost."""
    return Cost(
        median(each.cpu_us for each in costs), median(each.per_second for each in costs), sum(c.lost for c in costs)
    )
