"""A past for a twin on this machine: months of simulated readings, moved through its stores and read back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import msgspec

from twin2multicloud.domain.timestamps import day_before, from_datetime
from twin2multicloud.emulator.host.deployment import LocalDeployment
from twin2multicloud.fleet.simulation import simulate
from twin2multicloud.operations.checks import ReadBack, compare
from twin2multicloud.operations.local_twin import LocalTwin
from twin2multicloud.operations.readings import publish
from twin2multicloud.operations.storage import archived_chunks, move
from twin2multicloud.operations.twin_client import TwinClient

_STEP = timedelta(hours=6)
_EARLIER = 30  # days before what leaves the cold store: those readings are in the archive


class Aged(msgspec.Struct, frozen=True):
    """Readings of the past: how many, since when, what one query over all stores has of them, and how many chunks of
    the archive have to be restored before they can be read.
    """

    readings: int
    since: str
    comparisons: Sequence[ReadBack]
    to_restore: int


def age(deployment: LocalDeployment, devices: Sequence[str], settle: Callable[[TwinClient], object]) -> Aged:
    """Publish a past that fills all stores, move it there, and compare what can be read with what was published.

    `settle` waits until the queues are empty. Raises TwinError.
    """
    twin = deployment.twin
    now = datetime.now(UTC)
    days = twin.cold_retention_days + _EARLIER
    source = simulate(twin.catalog, seed=2, start=now - timedelta(days=days), step=_STEP, devices=devices)
    today = from_datetime(now)[:10]
    past = list(takewhile(lambda reading: str(reading["timestamp"]) < today, source))
    publish(deployment, past, speed=None)
    client = TwinClient(deployment)
    settle(client)
    local = LocalTwin(Path(deployment.folder))
    move(local)
    waiting = sum(len(archived_chunks(local, device, "", today).names) for device in devices)
    archived_before = day_before(from_datetime(now), twin.cold_retention_days) if waiting else ""
    readable = [reading for reading in past if str(reading["timestamp"]) >= archived_before]
    return Aged(len(past), str(past[0]["timestamp"]), compare(readable, client), waiting)
