"""A running twin in memory: a smart home over three clouds whose values follow the clock. Fakes only a twin."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from tests.rigs.clouds import AWS, AZURE, GCP
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceGroup, DeviceType, Property, Scalar
from twin2multicloud.domain.errors import ErrorEvent, RetryableError, Severity
from twin2multicloud.domain.event_rule import Event, EventNote, KeptEvent
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.operations.dead_letters import REFUSED, LetterGroup
from twin2multicloud.operations.error_events import ErrorGroup, grouped_errors
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Locality, Topology

CLIMATE = DeviceType(
    name="climate-sensor",
    properties=(
        Property(name="temperature", data_type=DataType.DOUBLE, unit="°C"),
        Property(name="humidity", data_type=DataType.DOUBLE, unit="%"),
        Property(name="co2", data_type=DataType.INTEGER, unit="ppm"),
        Property(name="occupied", data_type=DataType.BOOLEAN),
        Property(name="mode", data_type=DataType.STRING),
        Property(name="serial", data_type=DataType.STRING, constant="CS-1042"),
    ),
)
METER = DeviceType(
    name="smart-meter",
    properties=(
        Property(name="power", data_type=DataType.DOUBLE, unit="W"),
        Property(name="energy", data_type=DataType.DOUBLE, unit="kWh"),
    ),
)
PLACEMENT = Placement(
    l1=AWS,
    l2=AZURE,
    l3_hot=GCP,
    l3_cold=GCP,
    l3_archive=AWS,
    l4=AWS,
    l5=AZURE,
)


def smart_home(placement: Placement = PLACEMENT) -> Twin:
    """A house with three rooms and a street of 100,000 meters."""
    rooms = [("living-room", "Living room"), ("bedroom", "Bedroom"), ("kitchen", "Kitchen")]
    children = tuple(
        Entity(id=key, name=name, components=(EntityComponent(name="climate", device=f"climate-{key}"),))
        for key, name in rooms
    )
    house = Entity(
        id="house", name="House", components=(EntityComponent(name="meter", device="meter-house"),), children=children
    )
    street = Entity(id="street", name="Street", components=(EntityComponent(name="meters", group="street-meters"),))
    devices = tuple(Device(id=f"climate-{key}", type=CLIMATE.name) for key, _ in rooms)
    return Twin(
        name="smart-home",
        placement=placement,
        catalog=DeviceCatalog(
            types=(CLIMATE, METER),
            devices=(*devices, Device(id="meter-house", type=METER.name), Device(id="shed", type=CLIMATE.name)),
            groups=(DeviceGroup(name="street-meters", type=METER.name, count=100_000, id_pattern="meter-{n:06}"),),
        ),
        hierarchy=Hierarchy(entities=(house, street)),
    )


def _value(device_id: str, name: str, second: int) -> Scalar:
    """Plausible, moving, and the same for the same second."""
    phase = sum(device_id.encode()) % 60
    slow, quick = math.sin((second + phase * 7) / 90), math.sin((second + phase) * 0.9) * math.sin(second * 0.37)
    match name:
        case "temperature":
            return round(21.4 + 1.6 * slow + 0.18 * quick, 2)
        case "humidity":
            return round(46 - 5 * slow + 0.6 * quick, 1)
        case "co2":
            return round(640 + 120 * slow + 14 * quick)
        case "occupied":
            return math.sin((second + phase) / 37) > -0.2
        case "mode":
            return ("heating", "idle", "ventilating")[(second + phase) // 70 % 3]
        case "power":
            return round(340 + 210 * slow + 60 * quick, 1)
        case _:
            return round(1_204 + second % 100_000 * 0.0001, 3)


class MemoryTwinView:
    """A `TwinView` whose devices send once a second, for `age` seconds. A cloud in `dark` does not answer."""

    def __init__(self, twin: Twin, now: Callable[[], datetime] = lambda: datetime.now(UTC), age: int = 1_200) -> None:
        self.twin = twin
        self.topology: Topology = plan(twin)
        self.dark: set[Cloud] = set()
        self.undeclared: dict[str, Scalar] = {}
        self.acknowledged: EventNote | None = None
        self.asked: list[tuple[str, str]] = []  # lengths of buckets, and what of each
        self._now = now
        self._started = int(now().timestamp()) - age

    def latest(
        self, device_id: str, properties: Sequence[str], *, undeclared: bool = False
    ) -> dict[str, tuple[str | None, Scalar]]:
        self._refuse_dark()
        second = int(self._now().timestamp())
        measured: dict[str, tuple[str | None, Scalar]] = {
            name: (None, "CS-1042") if name == "serial" else (_stamp(second), _value(device_id, name, second))
            for name in properties
        }
        more = self.undeclared if undeclared else {}
        return measured | {name: (_stamp(second), value) for name, value in more.items()}

    def oldest(self, device_id: str, properties: Sequence[str]) -> str | None:
        return _stamp(self._started)

    def history(
        self,
        device_id: str,
        properties: Sequence[str],
        start: str,
        end: str,
        max_points: int = 5000,
        *,
        every: str | None = None,
        aggregate: str | None = None,
    ) -> dict[str, list[tuple[str, Scalar]]]:
        if every is not None:
            return self._buckets(self.history(device_id, properties, start, end, 10**7), every, aggregate or "mean")
        self._refuse_dark()
        first = max(math.floor(to_datetime(start).timestamp()) + 1, self._started)
        last = min(math.floor(to_datetime(end).timestamp()), int(self._now().timestamp()))
        first = max(first, last - max_points // len(properties))
        seconds = range(first, last + 1)
        return {name: [(_stamp(n), _value(device_id, name, n)) for n in seconds] for name in properties}

    def _buckets(
        self, series: dict[str, list[tuple[str, Scalar]]], every: str, aggregate: str
    ) -> dict[str, list[tuple[str, Scalar]]]:
        self.asked.append((every, aggregate))
        seconds = int(every[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[every[-1]]
        choose: dict[str, Callable[[list[Any]], Scalar]] = {"min": min, "max": max, "last": lambda values: values[-1]}
        found: dict[str, list[tuple[str, Scalar]]] = {}
        for name, points in series.items():
            runs = groupby(points, lambda point: int(to_datetime(point[0]).timestamp()) // seconds * seconds)
            found[name] = [(_stamp(at), choose[aggregate]([value for _, value in run])) for at, run in runs]
        return found

    def statuses(self) -> tuple[CloudStatus, ...]:
        return tuple(self._status(cloud) for cloud in self.twin.placement.clouds)

    def boundaries(self, statuses: Sequence[CloudStatus] | None = None) -> tuple[BoundaryStatus, ...]:
        sent = self._sent()
        return tuple(
            BoundaryStatus(
                name=each.name,
                locality=each.locality,
                source_cloud=each.source_cloud,
                target_cloud=each.target_cloud,
                running=each.source in (Slot.L1, Slot.L2),
                **self._traffic(n, sent, each.locality) if each.source in (Slot.L1, Slot.L2) else {},
            )
            for n, each in enumerate(self.topology.boundaries)
        )

    def kept(self) -> tuple[list[LetterGroup], list[ErrorGroup]]:
        now = _stamp(int(self._now().timestamp()) - 90)
        letters = LetterGroup(
            cloud=AWS,
            boundary="devices → L1",
            cause=REFUSED,
            reason="NaN at byte 44, which is no JSON number",
            letters=3,
            messages=3,
            oldest=now,
            newest=now,
            example="aws-1",
        )
        event = ErrorEvent(
            twin_id="smart-home",
            cloud_provider=AZURE,
            severity=Severity.CRITICAL,
            component="persister",
            error_code="hot-store-unreachable",
            message="12 of 12 messages wait in the queue: the other side answered 503",
            timestamp=now,
            count=12,
        )
        return [letters], grouped_errors([event])

    def events(self) -> list[KeptEvent]:
        at = _stamp(int(self._now().timestamp()) - 45)
        fired = Event(
            id="e1",
            rule="kitchen is stuffy",
            device_id="climate-kitchen",
            timestamp=at,
            since=at,
            values={"co2": 1450},
        )
        return [KeptEvent(event=fired, acknowledged=self.acknowledged, acted_at=at)]

    def acknowledge(self, event_id: str, note: str) -> bool:
        assert event_id == "e1"
        first, self.acknowledged = (
            self.acknowledged is None,
            EventNote(at=_stamp(int(self._now().timestamp())), note=note),
        )
        return first

    def _traffic(self, n: int, sent: int, locality: Locality) -> dict[str, Any]:
        wave = 1 + 0.2 * math.sin(sent / 40 + n)
        base = 9.0 if locality is Locality.REMOTE else 2.1
        out = sent - 3 - n
        return {
            "messages_in": sent,
            "messages_out": out,
            "dead_lettered": 2 if self.dark else 0,
            "p50_ms": round(base * wave, 2),
            "p99_ms": round(base * wave * 4.2, 2),
        }

    def _status(self, cloud: Cloud) -> CloudStatus:
        if cloud in self.dark:
            return CloudStatus(cloud=cloud, running=False)
        placement = self.twin.placement
        return CloudStatus(
            cloud=cloud,
            running=True,
            published=self._sent() if placement.l1 == cloud else 0,
            stored=self._sent() - 5 if placement.l3_hot == cloud else None,
        )

    def _sent(self) -> int:
        return (int(self._now().timestamp()) - self._started) * 5 + 12_000

    def _refuse_dark(self) -> None:
        if self.twin.placement.l3_hot in self.dark:
            raise RetryableError("nobody listens at the hot reader's address")


def _stamp(second: int) -> str:
    return from_datetime(datetime.fromtimestamp(second, UTC))
