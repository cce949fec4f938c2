"""Ours beside what a user would write or take instead: alternating rounds, each pipeline started afresh."""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import cpu, pipelines
from benchmarks.cpu import Cost
from benchmarks.end_to_end import MESSAGE_BYTES, payloads
from benchmarks.pipelines import Start
from benchmarks.report import Grid, Section


class Contestant(NamedTuple):
    """A row: who, and how many readings make a run of some seconds, one a publish and 100 a publish."""

    name: str
    start: Start
    single: int
    batched: int


OURS = "**ours**, fsync before every acknowledgement"
BY_HAND_PYTHON = "by hand: paho, aiohttp, async FastAPI, SQLite"
CONTESTANTS = (
    Contestant(OURS, pipelines.ours, 40_000, 60_000),
    Contestant(BY_HAND_PYTHON, pipelines.by_hand_python, 8_000, 60_000),
    Contestant("by hand: Node.js, SQLite", pipelines.by_hand_node, 15_000, 60_000),
    Contestant("Node-RED ×3, SQLite", pipelines.node_red, 4_000, 40_000),
)
ROUNDS = 3  # a round takes two to four minutes
_SHAPES = (1, 100)
_NOTE = f"""\
{MESSAGE_BYTES} B a reading, MQTT QoS 1 → HTTP → HTTP → store. A cell says the CPU µs of a reading over all processes
(with the broker, without the load generator), readings a second, and that CPU in multiples of ours (below 1: cheaper).
What the peers do not promise: they acknowledge from memory, so that what is in flight is lost when a process ends or
the next hop is away (nothing waits on disk, nothing is sent again); SQLite does not sync; any program on the machine
may post to them (no token, no device key); what cannot be processed is a line in a log, not a dead letter; types are
not checked."""


def measure(*, quick: bool = False) -> dict[str, Section]:
    """The table of peers."""
    return {"Beside peers": table(CONTESTANTS, rounds=1 if quick else ROUNDS, share=0.02 if quick else 1)}


def table(contestants: Sequence[Contestant], rounds: int, share: float) -> Grid:
    """Every contestant in turn, round after round, with a share of its readings; ours is the first."""
    missing = {each.name: pipelines.missing(each.start) for each in contestants}
    costs: dict[tuple[str, int], list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for per_publish in _SHAPES:
            for each in contestants:
                count = int(share * (each.single if per_publish == 1 else each.batched))
                if missing[each.name] is None:
                    count = max(count, 10 * per_publish) // per_publish * per_publish
                    costs[each.name, per_publish].append(_run(each.start, count, per_publish))
    rows = []
    for each in contestants:
        reason = missing[each.name]
        cells = [reason, reason] if reason else [_cell(costs, each.name, shape) for shape in _SHAPES]
        rows.append((each.name, *cells))
    lost = {name: sum(cost.lost for shape in _SHAPES for cost in costs[name, shape]) for name in missing}
    losses = "; ".join(f"{name}: {count:,}" for name, count in lost.items() if count) or "none"
    how = f"Medians of {rounds} alternating rounds. Acknowledged and never stored: {losses}."
    return Grid(("", "one a publish", "100 a publish"), rows, f"{_NOTE}\n{how}")


def _run(start: Start, count: int, per_publish: int) -> Cost:
    with tempfile.TemporaryDirectory(dir=".") as folder, start(Path(folder)) as pipeline:
        return cpu.run(pipeline, payloads(count, per_publish), per_publish)


def _cell(costs: dict[tuple[str, int], list[Cost]], name: str, per_publish: int) -> str:
    own, reference = costs[name, per_publish], costs[OURS, per_publish]
    if not own:
        return ""
    middle = cpu.medians(own)
    ratio = median(each.cpu_us / ours.cpu_us for each, ours in zip(own, reference, strict=True))
    return f"{middle.cpu_us:,.0f} µs · {middle.per_second:,.0f}/s · {ratio:.2f}"
