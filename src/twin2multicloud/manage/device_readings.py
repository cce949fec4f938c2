"""One device as a page shows it: latest values and a window of history, kept up to date piece by piece.

Reads through a `TwinView`; owns what was read. Knows no page: `refresh` blocks and is run beside the event loop.
"""

from collections.abc import Mapping

from twin2multicloud.domain.device import DeviceType, Property, Scalar
from twin2multicloud.manage.series import Point, epoch_ms, merged, stamp_of, window
from twin2multicloud.manage.twin_view import TwinView

Latest = Mapping[str, tuple[int | None, Scalar]]
"""By property: epoch ms (None: constant) and value."""

MOST_READ = 20_000
"""Points read at once, of all properties together."""

REREAD_EVERY = 30
"""Refreshes after which the whole window is read again: what was dead-lettered and redriven arrives late."""

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
        if self._refreshes % REREAD_EVERY == 0:
            self._read_until = 0
        self._refreshes += 1
        names = [prop.name for prop in self.properties]
        latest = self._view.latest(self.device_id, names, undeclared=True)
        self.undeclared = tuple(name for name in latest if name not in names)[:MOST_PROPERTIES]
        self.latest = {name: (epoch_ms(stamp) if stamp else None, value) for name, (stamp, value) in latest.items()}
        start, newest = self.span(now)[0], self.newest
        new = self._read_history(start, newest) if newest is not None and newest > self._read_until else {}
        self.history = {name: merged(points, new.get(name, ()), start) for name, points in self.history.items()}
        self.loaded = True

    def _read_history(self, start: int, newest: int) -> dict[str, list[Point]]:
        """What came after the last reading; a window's first ms is read too, although `history` excludes its start."""
        names = list(self.history)
        after = stamp_of(max(self._read_until, start - 1, 0))
        history = self._view.history(self.device_id, names, after, stamp_of(newest), MOST_READ)
        self._read_until = newest
        return {name: [(epoch_ms(stamp), value) for stamp, value in points] for name, points in history.items()}
