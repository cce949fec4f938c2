"""Devices, their types and groups. Owns how 100,000 devices are one entry; independent of files and clouds."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property

import msgspec

from twin2multicloud.domain.payload import Payload

Scalar = str | int | float | bool
"""A property's value. JSON null is not one: a device leaves out what it did not measure."""


PROBE = "t2mc-verify"
"""The device of `t2mc verify`, which no project has: its readings pass no user code, and are erased at the end."""


class DataType(StrEnum):
    """The type of a property, in TwinMaker's spelling."""

    STRING = "STRING"
    DOUBLE = "DOUBLE"
    INTEGER = "INTEGER"
    LONG = "LONG"
    BOOLEAN = "BOOLEAN"

    def admits(self, value: object) -> bool:
        """Whether a value is of this type: INTEGER 32 bit, LONG 64 bit, DOUBLE any number."""
        match self:
            case DataType.STRING:
                return isinstance(value, str)
            case DataType.BOOLEAN:
                return isinstance(value, bool)
            case DataType.DOUBLE:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case DataType.INTEGER:
                return _is_integer(value, 31)
            case DataType.LONG:
                return _is_integer(value, 63)


def _is_integer(value: object, bits: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << bits) <= value < 1 << bits


class SignalKind(StrEnum):
    """The shape of a simulated signal. Every kind but `counter` and `choice` takes its level from `mean`."""

    DAILY = "daily"  # a sine around `mean`, `amplitude` high, with its maximum at `peak_hour`
    WALK = "walk"  # wanders around `mean` and always returns to it
    COUNTER = "counter"  # starts at `mean`, rises by `slope` an hour (± `amplitude` over the day), never falls
    SWITCH = "switch"  # on with the probability `mean`, ± `amplitude` over the day
    CHOICE = "choice"  # one of `values`, changing seldom


class FaultKind(StrEnum):
    """What goes wrong with a simulated sensor."""

    STUCK = "stuck"  # repeats its last good value
    SPIKE = "spike"  # is off by `size`
    DROPOUT = "dropout"  # sends nothing
    DRIFT = "drift"  # goes off slowly, by `size` at the end


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with a simulated sensor, and how often (mean days between, mean hours long)."""

    kind: FaultKind
    every_days: float
    lasts_hours: float = 1.0
    size: float = 0.0  # in the property's unit


class Signal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How `t2mc simulate` makes up a property: physically plausible, and the same for the same seed.

    `mean`, `amplitude`, `noise`, `spread`, `minimum` and `maximum` are in the property's unit; `peak_hour` is UTC.
    """

    kind: SignalKind = SignalKind.DAILY
    mean: float = 0.0
    amplitude: float = 0.0
    peak_hour: float = 15.0
    noise: float = 0.0  # standard deviation of what chance adds; a counter's is in units an hour
    memory_hours: float = 1.0  # how long chance remembers: correlation of noise, time between changes; 0: not at all
    spread: float = 0.0  # standard deviation of the constant offset between devices of one type
    drift_per_day: float = 0.0
    slope: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 2  # of a DOUBLE
    values: tuple[Scalar, ...] = ()
    faults: tuple[Fault, ...] = ()


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """One typed property of a device. `constant` marks a value that the device never sends (a serial number)."""

    name: str
    data_type: DataType
    unit: str = ""
    initial: Scalar | None = None
    constant: Scalar | None = None
    signal: Signal | None = None


class Undeclared(StrEnum):
    """What becomes of a property that a device's type does not declare."""

    KEEP = "keep"
    DROP = "drop"
    REJECT = "reject"  # the reading goes to the dead letters


class DeviceType(msgspec.Struct, frozen=True, kw_only=True):
    """What devices of one kind have in common. `processor` names the user's file in ``processors/``.

    `strict`: a value that cannot be converted to its declared type sends its reading to the dead letters, instead of
    being left out.
    `payload` is how their messages are read, None for flat telemetry; `topics` are the patterns of further topics that
    they publish to, see `device_topics`; `ignored_topics` are those that are taken and not read.
    """

    name: str
    properties: tuple[Property, ...]
    processor: str | None = None
    undeclared: Undeclared = Undeclared.KEEP
    strict: bool = False
    payload: Payload | None = None
    topics: tuple[str, ...] = ()
    ignored_topics: tuple[str, ...] = ()

    def property(self, name: str) -> Property | None:
        """The property of that name, if the type has one."""
        return next((each for each in self.properties if each.name == name), None)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One device, by name. `processor` overrides the type's. A `gateway` publishes for every device of the twin."""

    id: str
    type: str
    processor: str | None = None
    gateway: bool = False


class DeviceGroup(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`count` devices of one type, said once. `id_pattern` holds one ``{n}`` or ``{n:04}``; n runs from 1."""

    name: str
    type: str
    count: int
    id_pattern: str

    def __iter__(self) -> Iterator[str]:
        """The ids of its devices, in order."""
        return (self.id_pattern.format(n=n) for n in range(1, self.count + 1))

    def __contains__(self, device_id: str) -> bool:
        """Whether an id is one of the group's, without listing them."""
        found = self._regex.fullmatch(device_id)
        if found is None:
            return False
        number = int(found.group(1))
        return 1 <= number <= self.count and self.id_pattern.format(n=number) == device_id

    @cached_property
    def affixes(self) -> tuple[str, str]:
        """What stands before and after the number in every id of the group."""
        head, tail = re.split(r"\{n(?::[^}]*)?\}", self.id_pattern, maxsplit=1)
        return head, tail

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        head, tail = self.affixes
        return re.compile(re.escape(head) + r"(\d{1,9})" + re.escape(tail))


class DeviceCatalog(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Every device of a twin, found by id. Its size is that of the description, not of the fleet."""

    types: tuple[DeviceType, ...] = ()
    devices: tuple[Device, ...] = ()
    groups: tuple[DeviceGroup, ...] = ()

    def __len__(self) -> int:
        """How many devices there are, members of groups included."""
        return len(self.devices) + sum(group.count for group in self.groups)

    def ids(self) -> Iterator[str]:
        """Every device id: the named ones first, then group by group."""
        yield from (device.id for device in self.devices)
        for group in self.groups:
            yield from group

    def ids_of_type(self, name: str) -> tuple[str, ...]:
        """The ids of all devices of one type."""
        named = (device.id for device in self.devices if device.type == name)
        grouped = (device_id for group in self.groups if group.type == name for device_id in group)
        return (*named, *grouped)

    def find(self, device_id: str) -> Device | None:
        """The device of that id, or None where the twin has no such device."""
        named = self._by_id.get(device_id)
        if named is not None:
            return named
        for group in self.groups:
            if device_id in group:
                return Device(id=device_id, type=group.type)
        return None

    def type_of(self, device_id: str) -> DeviceType | None:
        """The type of a device, or None where the twin has no such device."""
        device = self.find(device_id)
        return None if device is None else self._types[device.type]

    @property
    def payloads(self) -> tuple[Payload, ...]:
        """The formats of all types that have one."""
        return tuple(each.payload for each in self.types if each.payload is not None)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topic patterns of all types, each once."""
        return tuple(dict.fromkeys(topic for each in self.types for topic in each.topics))

    @property
    def ignored_topics(self) -> tuple[str, ...]:
        """The patterns of topics that are taken and not read, each once."""
        return tuple(dict.fromkeys(topic for each in self.types for topic in each.ignored_topics))

    @property
    def gateways(self) -> tuple[str, ...]:
        """The devices that publish for every device."""
        return tuple(each.id for each in self.devices if each.gateway)

    def processor_of(self, device_id: str) -> str | None:
        """The user's processor for a device: its own, else its type's, else none."""
        device = self.find(device_id)
        if device is None:
            return None
        return device.processor or self._types[device.type].processor

    @cached_property
    def _by_id(self) -> dict[str, Device]:
        return {device.id: device for device in self.devices}

    @cached_property
    def _types(self) -> dict[str, DeviceType]:
        return {each.name: each for each in self.types}
