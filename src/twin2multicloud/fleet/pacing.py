"""Plays readings to a twin at a pace: as recorded, faster, or unlimited. Owns the timing; the caller publishes."""

import time
from collections.abc import Callable, Iterable

from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import to_datetime

PublishReading = Callable[[str, Telemetry], object]


def play(
    readings: Iterable[Telemetry],
    publish: PublishReading,
    *,
    speed: float | None,
    progress: Callable[[int], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Publish readings; `speed` is recorded seconds per second, None for no pauses. Returns how many.

    Times are kept against the start, so that a late reading does not make all others later.
    """
    begun, first, count = time.monotonic(), None, 0
    for reading in readings:
        if speed is not None:
            stamp = to_datetime(str(reading["timestamp"]))
            first = first or stamp
            due = begun + (stamp - first).total_seconds() / speed
            wait = due - time.monotonic()
            if wait > 0:
                sleep(wait)
        publish(str(reading["device_id"]), reading)
        count += 1
        progress(count)
    return count
