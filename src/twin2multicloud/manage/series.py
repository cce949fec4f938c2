"""Time series on their way to a chart: windows, thinning, typical intervals. Pure; draws and reads nothing.

Times are epoch milliseconds, which is what the charts' time axis takes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.timestamps import from_datetime, to_datetime

Point = tuple[int, Scalar]
"""Epoch ms and value."""

MOST_DRAWN = 1_000
"""Points of one series sent to a browser: about one for each pixel and edge of a chart."""

_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
_DAYS = (1, 2, 7, 14, 30, 90, 366)
_BUCKETS_MS = (*(each * 1_000 for each in _SECONDS), *(each * 86_400_000 for each in _DAYS))

STALE_AT_LEAST_MS = 30_000
_STALE_INTERVALS = 4


def epoch_ms(stamp: str) -> int:
    """A canonical timestamp as epoch milliseconds."""
    return round(to_datetime(stamp).timestamp() * 1000)


def stamp_of(time: int) -> str:
    """Epoch milliseconds as a canonical timestamp."""
    return from_datetime(datetime.fromtimestamp(time / 1000, UTC))


def window(now: int, newest: int | None, length: int | None) -> tuple[int, int]:
    """Start and end (ms) of what a chart shows; `length` in ms, None for everything.

    The window ends now. Where the newest reading lies outside (a replay of last year, a simulation ahead of the
    clock), it ends with that reading: an empty chart would say nothing.
    """
    end = now if newest is None or (length is not None and now - length <= newest <= now) else newest
    return (0, end) if length is None else (end - length, end)


def merged(old: Sequence[Point], new: Sequence[Point], start: int) -> list[Point]:
    """Both, in time order, each point once, without what lies before `start`."""
    if not new:
        return [point for point in old if point[0] >= start]
    by_time = dict(old) | dict(new)
    return [(time, by_time[time]) for time in sorted(by_time) if time >= start]


def bucket_ms(length: int) -> int:
    """The shortest bucket (ms) that makes at most `MOST_DRAWN` points, a lowest and a highest each, of a time (ms)."""
    return next((each for each in _BUCKETS_MS if length <= each * (MOST_DRAWN // 2)), _BUCKETS_MS[-1])


def ranges(low: Sequence[Point], high: Sequence[Point]) -> list[Point]:
    """Of each bucket its lowest and its highest value, in that order; one point where they are the same."""
    highest = dict(high)
    return [(time, value) for time, least in low for value in dict.fromkeys((least, highest.get(time, least)))]


def thinned(points: Sequence[Point], most: int = MOST_DRAWN) -> list[Point]:
    """At most about `most` points. Each stretch keeps its lowest and highest value, so that a spike is still seen."""
    if len(points) <= most:
        return list(points)
    return [point for stretch in _stretches(points, most // 2) for point in _extremes(stretch)]


def _stretches(points: Sequence[Point], count: int) -> Iterator[Sequence[Point]]:
    edges = [round(n * len(points) / count) for n in range(count + 1)]
    for first, last in pairwise(edges):
        yield points[first:last]


def _extremes(stretch: Sequence[Point]) -> list[Point]:
    low = min(stretch, key=_value)
    high = max(stretch, key=_value)
    return sorted({low, high}, key=lambda point: point[0])


def _value(point: Point) -> float:
    return float(point[1])


def changes(points: Sequence[Point], most: int = MOST_DRAWN) -> list[Point]:
    """The first point, those where the value changes, and the last: all that a step line needs; the latest `most`."""
    kept = [point for n, point in enumerate(points) if n in (0, len(points) - 1) or point[1] != points[n - 1][1]]
    return kept[-most:]


def stale_after_ms(points: Sequence[Point]) -> int:
    """The age (ms) from which a value counts as stale: four of its typical intervals, at least 30 s."""
    times = [time for time, _ in points[-50:]]
    if len(times) < 3:
        return STALE_AT_LEAST_MS
    typical = median(later - earlier for earlier, later in pairwise(times))
    return max(STALE_AT_LEAST_MS, round(typical * _STALE_INTERVALS))
