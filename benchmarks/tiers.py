"""The storage tiers: movers over a cloud boundary, their memory, a query over all ages, and what moving costs the rest."""

import json
import multiprocessing
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import ALWAYS, RunningTwin

from benchmarks import cpu, hot_rows, pipelines
from benchmarks.end_to_end import payloads
from benchmarks.report import Result, Section, percentile, rate
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.telemetry import Reading, normalise
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.functions.storage.chunks import next_chunk
from twin2multicloud.functions.storage.hot_to_cold_mover import hot_to_cold
from twin2multicloud.operations.storage import move
from twin2multicloud.ports.hot_store import RowKey

WHERE = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=AZURE, l3_archive=AWS, l4=GCP, l5=GCP)
ROOM = Path(__file__).parents[1] / "examples"
_DAY = 86_400_000
_NOW = 1_768_435_200_000  # 2026-01-15
_CONFIG = {"hot_retention_days": 2, "cold_retention_days": 10_000}


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    return {
        "Movers": [
            *_over_a_boundary(2_000 if quick else 200_000),
            *_memory(20_000 if quick else 30_000_000, 5_000 if quick else 1_000_000),
        ],
        "Tiers: what is read and what is kept": [_query(3 if quick else 40), *_size()],
        "Ingestion beside a mover, 100 readings a publish; alternating rounds": _beside(
            2_000 if quick else 40_000, 1 if quick else 3
        ),
    }
