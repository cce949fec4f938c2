"""What devices measured since one looked last, reading by reading. Owns what counts as new; asks a twin's view."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from twin2multicloud.domain.device import DeviceCatalog, Scalar
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.manage.twin_view import TwinView

MOST_DEVICES = 50
"""Of one stream: each is asked for at every look."""
_LATE = timedelta(seconds=10)  # by which a reading may be older than one that was there before, to be seen
_MOST_VALUES = 50_000  # of one device and look
_FAR = "9999-12-31T23:59:59.999Z"


class LiveReading(msgspec.Struct, frozen=True):
    """One reading of a device: its time and its values by property."""

    device_id: str
    timestamp: str
    values: dict[str, Scalar]


class LiveReadings:
    """The readings of some devices from a moment on. Looks some seconds back each time, and shows nothing twice."""

    def __init__(self, view: TwinView, catalog: DeviceCatalog, device_ids: Sequence[str], since: str) -> None:
        self._view = view
        types = {each: catalog.type_of(each) for each in device_ids}
        self._properties = {each: [prop.name for prop in kind.properties] for each, kind in types.items() if kind}
        self._since = dict.fromkeys(self._properties, since)
        self._newest = dict.fromkeys(self._properties, since)
        self._seen: dict[str, dict[str, dict[str, Scalar]]] = {each: {} for each in self._properties}

    def look(self) -> list[LiveReading]:
        """What is new, each device's in the order of time. Blocks; raises TwinError."""
        return [reading for device_id in self._properties for reading in self._new(device_id)]

    def _new(self, device_id: str) -> Iterator[LiveReading]:
        back = from_datetime(to_datetime(self._newest[device_id]) - _LATE)
        start = max(self._since[device_id], back)
        found = self._view.history(device_id, self._properties[device_id], start, _FAR, _MOST_VALUES)
        readings: dict[str, dict[str, Scalar]] = {}
        for name, values in found.items():
            for stamp, value in values:
                readings.setdefault(stamp, {})[name] = value
        seen = self._seen[device_id]
        for stamp in sorted(readings):
            if seen.get(stamp) != readings[stamp]:
                yield LiveReading(device_id, stamp, readings[stamp])
        self._newest[device_id] = max(self._newest[device_id], *readings) if readings else self._newest[device_id]
        self._seen[device_id] = readings
