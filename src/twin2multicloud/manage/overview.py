"""Many devices at a glance: when each was last heard of, whether it should have been again, and its latest values.

Reads through a `TwinView`; owns what was read and the words for it. `refresh` blocks and is run beside the event loop.
"""

from collections.abc import Sequence
from typing import Any

from twin2multicloud.domain.device import DeviceCatalog, DeviceType, Scalar
from twin2multicloud.manage.device_readings import MOST_PROPERTIES
from twin2multicloud.manage.formatting import age_text, value_text
from twin2multicloud.manage.series import Point, epoch_ms, stale_after_ms
from twin2multicloud.manage.twin_view import TwinView

MOST_DEVICES = 100
"""Devices that are listed at once: each is a read of its own."""

_VALUES = 4
_STAMPS_KEPT = 20
_NEVER = 1 << 53  # sorts after every age


class Overview:
    """The state of some devices, `device_ids`, of which there are `total`."""

    def __init__(self, view: TwinView, catalog: DeviceCatalog, device_ids: Sequence[str], total: int) -> None:
        self._view, self.total = view, total
        self._types = {device: device_type for device in device_ids if (device_type := catalog.type_of(device))}
        self._latest: dict[str, dict[str, tuple[str | None, Scalar]]] = {}
        self._stamps: dict[str, list[Point]] = {device: [] for device in self._types}

    def refresh(self) -> None:
        """Read the latest values of all of them. Raises TwinError."""
        for device, device_type in self._types.items():
            names = [prop.name for prop in device_type.properties[:MOST_PROPERTIES]]
            self._latest[device] = self._view.latest(device, names) if names else {}
            newest = max((stamp for stamp, _ in self._latest[device].values() if stamp), default=None)
            stamps = self._stamps[device]
            if newest is not None and (not stamps or stamps[-1][0] != epoch_ms(newest)):
                stamps.append((epoch_ms(newest), 0))
                del stamps[:-_STAMPS_KEPT]

    def has(self, device: str) -> bool:
        """Whether it is about a device."""
        return device in self._types

    def value(self, device: str, name: str) -> Scalar | None:
        """The latest value of a property, as it was read last."""
        _, value = self._latest.get(device, {}).get(name, (None, None))
        return value

    def rows(self, now: int) -> list[dict[str, Any]]:
        """A row for each device: `device`, `type`, `state`, `age` in words, `age_ms` to sort by, `values`."""
        return [self._row(device, device_type, now) for device, device_type in self._types.items()]

    def _row(self, device: str, device_type: DeviceType, now: int) -> dict[str, Any]:
        stamps, latest = self._stamps[device], self._latest.get(device)
        age = now - stamps[-1][0] if stamps else None
        if age is None:
            state = "loading …" if latest is None else "no reading yet"
        else:
            state = "silent" if age > stale_after_ms(stamps) else "live"
        units = {prop.name: prop.unit for prop in device_type.properties}
        measured = {name: value for name, (stamp, value) in (latest or {}).items() if stamp}
        shown = [f"{name} {value_text(value)} {units[name]}".strip() for name, value in measured.items()]
        return {
            "device": device,
            "type": device_type.name,
            "state": state,
            "age": "" if age is None else age_text(age / 1000),
            "age_ms": _NEVER if age is None else age // 1000,
            "values": " · ".join(shown[:_VALUES]) + (" · …" if len(shown) > _VALUES else ""),
        }
