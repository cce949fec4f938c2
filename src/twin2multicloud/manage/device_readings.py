"""One device as a page shows it: latest values and a window of history, kept up to date piece by piece.

Reads through a `TwinView`; owns what was read. Knows no page: `refresh` blocks and is run beside the event loop.
"""

from collections.abc import Mapping, Sequence

from twin2multicloud.domain.device import DeviceType, Property, Scalar
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.manage.series import Point, epoch_ms, merged, window
from twin2multicloud.manage.twin_view import TwinView

Latest = Mapping[str, tuple[int | None, Scalar]]
"""By property: epoch ms (None: constant) and value."""

MOST_READ = 20_000
"""Points read at once, of all properties together."""


class DeviceReadings:
    """The readings of one device in a window of `length` ms that ends now; None for all there is."""

    def __init__(self, view: TwinView, device_id: str, device_type: DeviceType, length: int | None) -> None:
        self._view = view
        self.device_id = device_id
        self.properties = device_type.properties
        self.length = length
        self.latest: Latest = {}
        self.history: dict[str, list[Point]] = {prop.name: [] for prop in self.charted}
        self.loaded = False
        self._read_until = 0

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
        """Read what is new. The first time, and after a jump, that is the whole window. Raises TwinError."""
        found = self._view.latest(self.device_id, [prop.name for prop in self.properties])
        self.latest = {name: (epoch_ms(stamp) if stamp else None, value) for name, (stamp, value) in found.items()}
        newest = self.newest
        if newest is not None and (newest > self._read_until or not self.loaded):
            self._read_history(max(self._read_until, self.span(now)[0]), newest)
        self.loaded = True
        self._trim(self.span(now)[0])

    def _read_history(self, start: int, end: int) -> None:
        names: Sequence[str] = list(self.history)
        # Both ends are said in ms, and the start is exclusive: a window's first ms is read too.
        found = self._view.history(self.device_id, names, canonical(max(start - 1, 0) / 1), canonical(end), MOST_READ)
        for name, points in found.items():
            new = [(epoch_ms(stamp), value) for stamp, value in points]
            self.history[name] = merged(self.history[name], new, start=0)
        self._read_until = end

    def _trim(self, start: int) -> None:
        for points in self.history.values():
            while points and points[0][0] < start:
                del points[: max(1, _before(points, start))]


def _before(points: Sequence[Point], start: int) -> int:
    return next((n for n, (time, _) in enumerate(points) if time >= start), len(points))
