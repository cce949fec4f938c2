"""Reads messages of devices whose type has a `payload`: preset -> frames -> flat telemetry of declared properties.

Knows no preset by name but from the catalog: a preset is a module here with ``frames(body, payload, now, properties)``.
"""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Protocol

from twin2multicloud.domain.conversions import converted
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.payload import Payload, PropertyPath
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import MISSING, Frame, at, keys_of, kind, leaves

FLAT = "flat"
_FLAT_BEGINS = b'{"device_id":'  # no preset's message does
Flat = tuple[str | None, dict[str, Any]]
"""A flat object, and the device that the message names; None is its sender."""


class Preset(Protocol):
    """What a preset's module has."""

    def frames(self, body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterable[Frame]:
        """The frames of a message. `now` is the time of arrival. Raises InvalidTelemetryError."""
        ...


class Formats:
    """The formats of a twin's devices, by device."""

    def __init__(self, catalog: DeviceCatalog) -> None:
        self._catalog = catalog
        self._by_type = {
            device_type.name: Format(device_type, catalog)
            for device_type in catalog.types
            if device_type.payload is not None
        }
        self._by_device: dict[str | None, Format | None] = {None: None}

    def of_publish(self, device_id: str | None, body: bytes) -> "Format | None":
        """As `of`; None also for what begins like flat telemetry, as simulations and recordings publish it."""
        return None if body.startswith(_FLAT_BEGINS) else self.of(device_id)

    def of(self, device_id: str | None) -> "Format | None":
        """How a device's messages are read; None for flat telemetry. Remembered for devices of the twin."""
        if device_id in self._by_device:
            return self._by_device[device_id]
        device = self._catalog.find(device_id or "")
        if device is None:
            return None
        reader = self._by_device[device_id] = self._by_type.get(device.type)
        return reader


class Format:
    """How the messages of one type are read."""

    def __init__(self, device_type: DeviceType, catalog: DeviceCatalog) -> None:
        assert device_type.payload is not None  # noqa: S101 - `Formats` looked
        self.payload, self._catalog = device_type.payload, catalog
        module = f"{__package__}.{self.payload.preset.replace('-', '_')}"
        self._preset: Preset = import_module(module)
        self._properties = tuple(one for one in device_type.properties if one.constant is None)
        self._selector = Selector(self._properties, self.payload.properties)

    def frames(self, body: bytes, now: str) -> list[Frame]:
        """The frames of a message. Raises InvalidTelemetryError."""
        return list(self._preset.frames(body, self.payload, now, self._properties))

    def read(self, body: bytes, now: str) -> list[Flat | InvalidTelemetryError]:
        """The flat objects of a message; one that cannot be read comes as its reason."""
        try:
            flats = [self._flat(frame) for frame in self.frames(body, now)]
        except InvalidTelemetryError as error:
            return [error]
        except RecursionError:
            return [InvalidTelemetryError("nested too deep")]
        return [*flats] or [InvalidTelemetryError("the message holds no reading")]

    def selector(self, frame: Frame) -> "tuple[str | None, Selector]":
        """The device that a frame names, None for the sender, and what finds its properties.

        Raises InvalidTelemetryError.
        """
        return (None, self._selector) if frame.device is None else self._named(frame.device)

    def _flat(self, frame: Frame) -> Flat | InvalidTelemetryError:
        try:
            device, selector = self.selector(frame)
            flat = selector.select(frame)
        except InvalidTelemetryError as error:
            return error
        if frame.time is not None:
            flat["timestamp"] = frame.time
        return device, flat

    def _named(self, name: str) -> tuple[str, "Selector"]:
        """The device that a gateway's message names, and how its values are read: as its own type declares them."""
        if not self.payload.gateway:
            raise InvalidTelemetryError(
                f"the message names the device {name[:60]!r}, but the payload of its sender is no gateway's"
            )
        device = re.sub(r"[^A-Za-z0-9_:-]", "-", name)
        device_type = self._catalog.type_of(device)
        if device_type is None:
            raise InvalidTelemetryError(f"the message names {device[:60]!r}, which is no device of the twin")
        paths = device_type.payload.properties if device_type.payload is not None else {}
        return device, Selector(tuple(one for one in device_type.properties if one.constant is None), paths)


class Selector:
    """Finds the declared properties in a frame: at the project's paths, else by name wherever they are."""

    def __init__(self, properties: tuple[Property, ...], paths: Mapping[str, PropertyPath]) -> None:
        self._placed = [(one, paths[one.name]) for one in properties if one.name in paths]
        self._named = {_plain(one.name): one for one in properties if one.name not in paths}
        self._wanted = ", ".join(one.name for one in properties)

    def select(self, frame: Frame) -> dict[str, Any]:
        """The values by property; null is no value. Raises InvalidTelemetryError with the place."""
        values = {one.name: scaled(value, one, where) for one, where, value in self.places(frame)}
        return {name: value for name, value in values.items() if value is not None}

    def places(self, frame: Frame) -> list[tuple[Property, PropertyPath, Any]]:
        """Each property that is in a frame, where, and as what. Raises InvalidTelemetryError where nothing is."""
        places: list[tuple[Property, PropertyPath, Any]] = []
        for one, where in self._placed:
            value = at(where.path, frame.values, frame.message)
            if value is not MISSING:
                places.append((one, where, value))
            elif not where.optional:
                raise InvalidTelemetryError(
                    f"{one.name}: nothing at {where.path}; the message has {keys_of(frame.values)}"
                )
        if self._named:
            places += ((one, PropertyPath(path=".".join(path)), value) for one, path, value in self._by_name(frame))
        if not places:
            raise InvalidTelemetryError(f"none of {self._wanted} is in the message; it has {keys_of(frame.values)}")
        return places

    def _by_name(self, frame: Frame) -> Iterable[tuple[Property, tuple[str, ...], Any]]:
        """Properties by name: a whole path wins over a last key, of which there must be one."""
        whole: dict[str, tuple[tuple[str, ...], Any]] = {}
        last: dict[str, list[tuple[tuple[str, ...], Any]]] = {}
        for path, value in leaves(frame.values):
            whole.setdefault(_plain("".join(path)), (path, value))
            last.setdefault(_plain(re.split("[/:.]", path[-1])[-1]), []).append((path, value))
        for name, one in self._named.items():
            if name in whole:
                yield one, *whole[name]
            elif name in last:
                places = last[name]
                if len(places) > 1:
                    shown = " and ".join(".".join(path) for path, _ in places[:3])
                    raise InvalidTelemetryError(f"{one.name} is in {len(places)} places, {shown}; give its path")
                yield one, *places[0]


def scaled(value: object, declared: Property, where: PropertyPath) -> Any:  # noqa: ANN401 - whatever a device sent
    """The value at a path, scaled; None for null. Raises InvalidTelemetryError."""
    if value is None:
        return None
    place = f"{declared.name}, at {where.path}"
    if where.scale == 1.0 and where.offset == 0.0:
        return typed(value, declared.data_type, place)
    number = typed(value, DataType.DOUBLE, place)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidTelemetryError(f"{place}: only a number can be scaled, found {kind(value)}")
    result = float(f"{number * where.scale + where.offset:.12g}")  # 235 * 0.1 is 23.5
    return int(result) if declared.data_type in _WHOLE and result.is_integer() else result


_WHOLE = (DataType.INTEGER, DataType.LONG)
_SWITCH = {"on": True, "off": False}  # what a plug says of itself, beside what is a BOOLEAN everywhere


def typed(value: object, data_type: DataType, place: str) -> Any:  # noqa: ANN401 - see `scaled`
    """A scalar, of the property's type where nothing is lost by it.

    Others stay as they are: what becomes of a value of another type is decided for all telemetry alike.
    """
    if isinstance(value, dict | list):
        raise InvalidTelemetryError(f"{place}: expected a {data_type}, found {kind(value)}")
    if data_type is DataType.BOOLEAN and isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    if data_type.admits(value) or not isinstance(value, str | int | float):
        return value
    try:
        return converted(value, data_type)
    except ValueError:
        return value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
