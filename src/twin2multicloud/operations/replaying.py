"""A recording into a running twin: read, published, looked for in the hot store. Prints nothing."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.fleet.recordings import Mapping, Recording, read_recording, shift_to, shifted
from twin2multicloud.operations.checks import ReadBack, comparisons, read_back, wait_until_settled
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.clouds import label_of

SETTLE_SECONDS = 120.0
"""How long readings may be under way until they are taken as not stored."""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """What of the published readings is in the hot store. `dark` are the clouds that do not answer: then nothing is
    known, and `stored` is None. `lost` are readings not stored of devices whose readings no user code may drop."""

    stored: int | None
    lost: int = 0
    dark: Sequence[str] = ()
    comparisons: Sequence[ReadBack] = ()


def open_recording(file: Path, mapping: Mapping, catalog: DeviceCatalog, limit: int | None) -> Recording:
    """The recording in a file. Raises ConfigurationError for one without rows, and as `read_recording`."""
    recording = read_recording(file.read_bytes(), mapping, catalog, str(file), limit)
    if not recording.readings:
        raise ConfigurationError(f"{file} holds no rows")
    return recording


def to_publish(recording: Recording, *, now: bool, ends: bool) -> list[Telemetry]:
    """The readings with a value, shifted so that they end or begin now if so asked."""
    rows = [reading for reading in recording.readings if values_of(reading)]
    return list(shifted(rows, shift_to(rows, datetime.now(UTC), ends=ends))) if now and rows else rows


def look_for(published: Sequence[Telemetry], client: TwinClient, catalog: DeviceCatalog) -> Arrived:
    """Wait until no queue holds a message, then ask the hot reader for every published reading."""
    silent = [status.cloud for status in client.statuses() if not status.running]
    if silent:
        return Arrived(stored=None, dark=[label_of(status) for status in silent])
    wait_until_settled(client, SETTLE_SECONDS, time.sleep, time.monotonic)
    points = read_back(published, client)
    stamps: dict[str, set[str]] = {}
    for (device, _), answered in points.items():
        stamps.setdefault(device, set()).update(stamp for stamp, _ in answered)
    absent = [reading for reading in published if reading["timestamp"] not in stamps.get(str(reading["device_id"]), ())]
    lost = sum(1 for reading in absent if catalog.processor_of(str(reading["device_id"])) is None)
    return Arrived(stored=len(published) - len(absent), lost=lost, comparisons=comparisons(published, points))
