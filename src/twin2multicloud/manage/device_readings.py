"""One device as a page shows it: latest values and a window of history, kept up to date piece by piece.

Reads through a `TwinView`; owns what was read. Knows no page: `refresh` blocks and is run beside the event loop.
"""

from collections.abc import Mapping, Sequence

from twin2multicloud.domain.device import DeviceType, Property, Scalar
from twin2multicloud.functions.storage.downsampling import Aggregate, span_text
from twin2multicloud.manage.series import (
    MOST_DRAWN,
    Point,
    bucket_ms,
    epoch_ms,
    merged,
    ranges,
    stale_after_ms,
    stamp_of,
    window,
)
from twin2multicloud.manage.twin_view import TwinView

Latest = Mapping[str, tuple[int | None, Scalar]]
"""By property: epoch ms (None: constant) and value."""

MOST_READ = 20_000
"""Readings read at once, of all properties together. A window that has more, or more than can be drawn, is read in
buckets."""

REREAD_EVERY, REREAD_ALL_EVERY = 30, 600
"""Refreshes after which a window is read again, and all there is in buckets: what is redriven arrives late."""

MOST_PROPERTIES = 100
"""Properties of one device that are shown: as many as the hot reader answers at once."""


class DeviceReadings:
    """The readings of one device in a window of `length` ms that ends now; None for all there is."""

    def __init__(self, view: TwinView, device_id: str, device_type: DeviceType, length: int | None) -> None:
        self._view = view
        self.device_id = device_id
        self.properties = device_type.properties[:MOST_PROPERTIES]
        self.length = length
        self.undeclared: tuple[str, ...] = ()  # what it measured and its type does not declare
        self.latest: Latest = {}
        self.history: dict[str, list[Point]] = {prop.name: [] for prop in self.charted}
        self.bucket: int | None = None  # ms, where the history is in buckets
        self.stale_after: dict[str, int] = {}  # by property: the age (ms) from which a value is stale
        self.loaded = False
        self._read_until = 0
        self._refreshes = 0

    @property
    def charted(self) -> tuple[Property, ...]:
        """The properties that change, and so have a chart."""
        return tuple(prop for prop in self.properties if prop.constant is None)

    @property
    def newest(self) -> int | None:
        """When the device was last heard of (epoch ms)."""
        return max((stamp for stamp, _ in self.latest.values() if stamp is not None), default=None)

    def span(self, now: int) -> tuple[int, int]:
        """Start and end (epoch ms) of what is to be shown."""
        return window(now, self.newest, self.length)

    def refresh(self, now: int) -> None:
        """Read what is new; the first time and then every so often the whole window. Raises TwinError."""
        whole_every = REREAD_ALL_EVERY if self.bucket and self.length is None else REREAD_EVERY
        if self._refreshes % whole_every == 0:
            self._read_until = 0
        self._refreshes += 1
        names = [prop.name for prop in self.properties]
        latest = self._view.latest(self.device_id, names, undeclared=True)
        self.undeclared = tuple(name for name in latest if name not in names)[:MOST_PROPERTIES]
        self.latest = {name: (epoch_ms(stamp) if stamp else None, value) for name, (stamp, value) in latest.items()}
        start, newest = self.span(now)[0], self.newest
        if newest is not None and newest > self._read_until and self.history:
            self._read_history(start, newest)
        self._forget_before(start - (self.bucket or 1) + 1)
        self.loaded = True

    def _read_history(self, start: int, newest: int) -> None:
        """Read what came after the last reading, or, where nothing was read yet, the whole window.

        A whole window that has more readings than can be drawn gets buckets.
        """
        whole, bucket, names = self._read_until == 0, self.bucket, list(self.history)
        history = {name: [] for name in names} if whole else self.history
        if whole or bucket is None:
            after, most = max(self._read_until, start - 1, 0), min(MOST_READ, MOST_DRAWN * len(names))
            new = self._ask(names, after, newest, most)
            if whole:
                full = sum(map(len, new.values())) >= most
                bucket = bucket_ms(newest - self._first(after)) if full else None
            history = {name: merged(history[name], new[name], 0) for name in names}
            self.stale_after = {name: stale_after_ms(points) for name, points in history.items()}
        if bucket is not None:
            first = (start if whole else self._read_until) // bucket * bucket
            kept = {name: [] if whole else [each for each in history[name] if each[0] < first] for name in names}
            new = self._read_buckets(bucket, first, newest)
            history = {name: kept[name] + new[name] for name in names}
        self.bucket, self.history, self._read_until = bucket, history, newest

    def _read_buckets(self, bucket: int, first: int, newest: int) -> dict[str, list[Point]]:
        """Read the buckets from one on, the first of them whole."""
        numbers = [prop.name for prop in self.charted if Aggregate.MIN.fits(prop.data_type)]
        others = [prop.name for prop in self.charted if prop.name not in numbers]
        low, high = (self._ask(numbers, first - 1, newest, bucket=bucket, aggregate=each) for each in ("min", "max"))
        last = self._ask(others, first - 1, newest, bucket=bucket, aggregate="last")
        return {**{name: ranges(low[name], high[name]) for name in numbers}, **last}

    def _first(self, after: int) -> int:
        """When what there is to read begins, after a time (0 for all there is)."""
        oldest = None if after else self._view.oldest(self.device_id, list(self.history))
        return epoch_ms(oldest) if oldest else after

    def _ask(
        self,
        names: Sequence[str],
        after: int,
        newest: int,
        most: int = MOST_READ,
        *,
        bucket: int = 0,
        aggregate: str = "",
    ) -> dict[str, list[Point]]:
        if not names:
            return {}
        asked = {"every": span_text(bucket), "aggregate": aggregate} if bucket else {}
        found = self._view.history(self.device_id, names, stamp_of(max(after, 0)), stamp_of(newest), most, **asked)
        return {name: [(epoch_ms(stamp), value) for stamp, value in points] for name, points in found.items()}

    def _forget_before(self, start: int) -> None:
        self.history = {name: [point for point in points if point[0] >= start] for name, points in self.history.items()}
