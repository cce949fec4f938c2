"""Simulated readings: what a twin's devices would measure. Pure; owns the signals and their faults, sends nothing.

Chance is a hash of seed, device and step, and not Python's generator, so that a device measures the same whatever other
devices are simulated beside it, in whatever order, on whatever platform.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from struct import Struct
from typing import NamedTuple, Protocol

from twin2multicloud.domain.device import (
    DataType,
    DeviceCatalog,
    DeviceType,
    Fault,
    FaultKind,
    Property,
    Scalar,
    Signal,
    SignalKind,
)
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import from_datetime

_BLOCK = Struct("<32H")  # one digest of blake2b: chance for eight properties, four 16-bit words each
_WORDS_EACH = 4
_CENTRE = _WORDS_EACH * 65535 / 2
_SCALE = 1 / math.sqrt(_WORDS_EACH * (65536**2 - 1) / 12)
_RANGES: dict[DataType, tuple[float, float]] = {
    DataType.INTEGER: (-(1 << 31), (1 << 31) - 1),
    DataType.LONG: (-(1 << 63), (1 << 63) - 1),
    DataType.DOUBLE: (-math.inf, math.inf),
}


class Moment(NamedTuple):
    """One step of the simulation: the UTC hour of the day, and the hours since its start."""

    hour: float
    elapsed: float


class Sensor(Protocol):
    """What measures one property of one device, step by step."""

    def measure(self, moment: Moment, normal: float, /) -> Scalar | None:
        """The value at a moment, or None where there is none. `normal` is the step's standard normal chance."""
        ...


class _Draw:
    """The rare chance of changes and faults: at each call a fresh number from 0 (included) to 1 (excluded)."""

    __slots__ = ("_calls", "_key", "_purpose")

    def __init__(self, key: bytes, purpose: str) -> None:
        self._key = key
        self._purpose = purpose
        self._calls = 0

    def __call__(self) -> float:
        message = f"{self._purpose}/{self._calls}".encode()
        self._calls += 1
        digest = blake2b(message, key=self._key, digest_size=8).digest()
        return (int.from_bytes(digest, "little") >> 11) / (1 << 53)

    def hours(self, mean: float) -> float:
        """An exponential span of time: the future does not remember the past."""
        return -mean * math.log(1 - self())

    def normal(self) -> float:
        """A standard normal number, as normal as the sum of four numbers is."""
        return (sum(self() for _ in range(4)) - 2) * math.sqrt(3)


def simulate(
    catalog: DeviceCatalog,
    *,
    seed: int,
    start: datetime,
    step: timedelta,
    devices: Iterable[str] | None = None,
) -> Iterator[Telemetry]:
    """Readings without end: at `start` and after every `step` one of each device, in the order of `devices`.

    `devices` are ids of the catalog; None means all. A reading is `device_id`, a canonical `timestamp` and the
    properties, in their type's order: a constant is never sent, a property without a signal is always `initial`, a
    dropout leaves its property out, and a reading that would be empty is not sent.
    Raises ConfigurationError for an unknown device, a start without time zone or a step that does not go forward.
    """
    if start.tzinfo is None:
        raise ConfigurationError(f"the start of a simulation needs a time zone, found {start.isoformat()}")
    if step <= timedelta(0):
        raise ConfigurationError(f"the step of a simulation must be positive, found {step}")
    hours = step / timedelta(hours=1)
    fleet = [_Source(name, of, seed, hours) for name, of in _chosen(catalog, devices)]
    return _readings([source for source in fleet if source.sensors], start.astimezone(UTC), step, hours)


def _chosen(catalog: DeviceCatalog, devices: Iterable[str] | None) -> Iterator[tuple[str, DeviceType]]:
    for device_id in catalog.ids() if devices is None else devices:
        device_type = catalog.type_of(device_id)
        if device_type is None:
            raise ConfigurationError(f"the twin has no device {device_id!r} to simulate")
        yield device_id, device_type


def _readings(fleet: list["_Source"], start: datetime, step: timedelta, hours: float) -> Iterator[Telemetry]:
    for number in count() if fleet else ():
        now = start + number * step
        stamp = from_datetime(now)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        moment = Moment(hour=(now - midnight) / timedelta(hours=1), elapsed=number * hours)
        for source in fleet:
            reading = source.reading(stamp, moment, number)
            if reading is not None:
                yield reading


class _Source:
    """One device: its sensors and its chance."""

    __slots__ = ("_blocks", "_id", "_key", "sensors")

    def __init__(self, device_id: str, device_type: DeviceType, seed: int, hours: float) -> None:
        self._id = device_id
        self._key = blake2b(f"{seed}/{device_id}".encode(), digest_size=16).digest()
        sent = [each for each in device_type.properties if each.constant is None]
        self.sensors = [(each.name, sensor) for each in sent if (sensor := _sensor(each, hours, self._key)) is not None]
        self._blocks = range(-(-len(self.sensors) * _WORDS_EACH * 2 // _BLOCK.size))

    def reading(self, stamp: str, moment: Moment, number: int) -> Telemetry | None:
        reading: Telemetry = {"device_id": self._id, "timestamp": stamp}
        words = self._words(number)
        at = 0
        for name, sensor in self.sensors:
            normal = (words[at] + words[at + 1] + words[at + 2] + words[at + 3] - _CENTRE) * _SCALE
            at += _WORDS_EACH
            value = sensor.measure(moment, normal)
            if value is not None:
                reading[name] = value
        return reading if len(reading) > 2 else None

    def _words(self, number: int) -> tuple[int, ...]:
        """The step's chance, 16 bits a word. Four of them added up are normal enough, and never beyond 3.5 sigma."""
        words: tuple[int, ...] = ()
        for block in self._blocks:
            message = number.to_bytes(8, "little") + block.to_bytes(2, "little")
            words += _BLOCK.unpack(blake2b(message, key=self._key).digest())
        return words


def _sensor(each: Property, hours: float, key: bytes) -> Sensor | None:
    """The sensor of a property, or None where there is nothing to send."""
    signal = each.signal
    if signal is None:
        return None if each.initial is None else _Fixed(each.initial)
    sensor = _healthy(signal, hours, _Draw(key, each.name))
    for number, fault in enumerate(signal.faults):
        sensor = _Faulty(sensor, fault, _Draw(key, f"{each.name}/fault/{number}"))
    numeric = each.data_type not in (DataType.STRING, DataType.BOOLEAN)
    made_up = signal.kind is not SignalKind.CHOICE  # chosen values are kept as given
    return _Display(sensor, signal, each.data_type) if numeric and made_up else sensor


def _healthy(signal: Signal, hours: float, draw: _Draw) -> Sensor:
    match signal.kind:
        case SignalKind.DAILY | SignalKind.WALK:
            return _Level(signal, hours, draw)
        case SignalKind.COUNTER:
            return _Counter(signal, hours)
        case SignalKind.SWITCH:
            return _switch(signal, draw)
        case SignalKind.CHOICE:
            return _choice(signal, draw)


class _Fixed:
    """A property that nothing changes."""

    __slots__ = ("_value",)

    def __init__(self, value: Scalar) -> None:
        self._value = value

    def measure(self, _moment: Moment, _normal: float) -> Scalar | None:
        return self._value


def _over_the_day(signal: Signal, hour: float) -> float:
    return signal.amplitude * math.cos((hour - signal.peak_hour) * (math.pi / 12))


class _Chance:
    """What chance adds: an Ornstein-Uhlenbeck process, which keeps its spread whatever the step.

    Its exact step is x' = a·x + sqrt(1 - a²)·N(0, 1) with a = exp(-step / memory), in standard deviations.
    """

    __slots__ = ("_fresh", "_kept", "_now")

    def __init__(self, signal: Signal, hours: float) -> None:
        self._kept = math.exp(-hours / signal.memory_hours) if signal.memory_hours > 0 else 0.0
        self._fresh = math.sqrt(1 - self._kept**2)
        self._now: float | None = None

    def follow(self, normal: float) -> float:
        self._now = normal if self._now is None else self._kept * self._now + self._fresh * normal
        return self._now


class _Level:
    """A level with its day, its chance, its drift and its own constant offset."""

    __slots__ = ("_chance", "_has_day", "_offset", "_signal")

    def __init__(self, signal: Signal, hours: float, draw: _Draw) -> None:
        self._signal = signal
        self._chance = _Chance(signal, hours)
        self._has_day = signal.kind is SignalKind.DAILY and signal.amplitude != 0
        self._offset = signal.mean + (draw.normal() * signal.spread if signal.spread else 0.0)

    def measure(self, moment: Moment, normal: float) -> float:
        signal = self._signal
        value = self._offset + signal.noise * self._chance.follow(normal) + signal.drift_per_day * moment.elapsed / 24
        return value + _over_the_day(signal, moment.hour) if self._has_day else value


class _Counter:
    """A meter: what has passed since the start, at a rate that follows the day and is never below nothing."""

    __slots__ = ("_chance", "_hours", "_signal", "_total")

    def __init__(self, signal: Signal, hours: float) -> None:
        self._signal = signal
        self._chance = _Chance(signal, hours)
        self._hours = hours
        self._total: float | None = None

    def measure(self, moment: Moment, normal: float) -> float:
        signal = self._signal
        rate = signal.slope + _over_the_day(signal, moment.hour) + signal.noise * self._chance.follow(normal)
        self._total = signal.mean if self._total is None else self._total + max(0.0, rate) * self._hours
        return self._total


class _Seldom:
    """What changes seldom: decided anew after `memory_hours` on average, or at every step where that is 0."""

    __slots__ = ("_decide", "_draw", "_due", "_memory", "_value")

    def __init__(self, memory_hours: float, draw: _Draw, decide: Callable[[Moment], Scalar]) -> None:
        self._memory = memory_hours
        self._draw = draw
        self._decide = decide
        self._due = 0.0
        self._value: Scalar | None = None

    def measure(self, moment: Moment, _normal: float) -> Scalar | None:
        if moment.elapsed >= self._due:
            self._due = moment.elapsed + self._draw.hours(self._memory)
            self._value = self._decide(moment)
        return self._value


def _switch(signal: Signal, draw: _Draw) -> Sensor:
    return _Seldom(signal.memory_hours, draw, lambda moment: draw() < signal.mean + _over_the_day(signal, moment.hour))


def _choice(signal: Signal, draw: _Draw) -> Sensor:
    return _Seldom(signal.memory_hours, draw, lambda _: signal.values[int(draw() * len(signal.values))])


class _Faulty:
    """A sensor with a fault that strikes now and then, for a while."""

    __slots__ = ("_begins", "_draw", "_ends", "_fault", "_good", "_sensor")

    def __init__(self, sensor: Sensor, fault: Fault, draw: _Draw) -> None:
        self._sensor = sensor
        self._fault = fault
        self._draw = draw
        self._begins = self._ends = 0.0
        self._good: Scalar | None = None

    def measure(self, moment: Moment, normal: float) -> Scalar | None:
        value = self._sensor.measure(moment, normal)
        now = moment.elapsed
        while now >= self._ends:
            self._begins = self._ends + self._draw.hours(self._fault.every_days * 24)
            self._ends = self._begins + self._draw.hours(self._fault.lasts_hours)
        if now < self._begins:
            self._good = value
            return value
        return self._spoilt(value, (now - self._begins) / (self._ends - self._begins))

    def _spoilt(self, value: Scalar | None, progress: float) -> Scalar | None:
        match self._fault.kind:
            case FaultKind.DROPOUT:
                return None
            case FaultKind.STUCK:
                return value if self._good is None else self._good
            case _ if value is None or isinstance(value, str):
                return value
            case FaultKind.SPIKE:
                return value + self._fault.size
            case FaultKind.DRIFT:
                return value + self._fault.size * progress


class _Display:
    """A number as the sensor shows it: of its type, with its decimals, within its range."""

    __slots__ = ("_decimals", "_maximum", "_minimum", "_sensor")

    def __init__(self, sensor: Sensor, signal: Signal, data_type: DataType) -> None:
        least, most = _RANGES[data_type]
        whole = data_type is not DataType.DOUBLE
        if signal.minimum is not None:
            least = max(least, math.ceil(signal.minimum) if whole else signal.minimum)
        if signal.maximum is not None:
            most = min(most, math.floor(signal.maximum) if whole else signal.maximum)
        self._sensor = sensor
        self._minimum = least
        self._maximum = most
        self._decimals = None if whole else signal.decimals

    def measure(self, moment: Moment, normal: float) -> Scalar | None:
        value = self._sensor.measure(moment, normal)
        if value is None or isinstance(value, str):
            return value
        shown = round(value) if self._decimals is None else round(float(value), self._decimals) + 0.0  # no -0.0
        return min(max(shown, self._minimum), self._maximum)
