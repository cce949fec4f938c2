"""Recorded telemetry: rows of a table -> readings of a twin's devices. Owns the column mapping; sends nothing."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceType, Scalar
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import canonical, from_datetime, to_datetime

Column = int | str
"""A column by its number, from 1, or by its name in the header."""


class DeviceColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which device a row is of: one for all (`id`), or by a column, put into `pattern` at its ``{}``."""

    id: str | None = None
    column: Column | None = None
    pattern: str = "{}"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table's columns are a twin's readings. `properties` maps a property's name to its column."""

    time: Column
    device: DeviceColumn
    properties: dict[str, Column]
    header: bool = True
    delimiter: str = ","


def read_mapping(content: bytes, name: str) -> Mapping:
    """A mapping from its JSON file. Raises ConfigurationError with the file and what is wrong in it."""
    try:
        return msgspec.json.decode(content, type=Mapping)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def readings(lines: Iterable[str], mapping: Mapping, catalog: DeviceCatalog, name: str) -> Iterator[Telemetry]:
    """The readings of a recording, in its order: `device_id`, canonical `timestamp`, typed properties.

    An empty cell is a property that was not measured. Raises ConfigurationError with file, line and column for
    what cannot be read, and for a device or property that the twin does not have.
    """
    rows = csv.reader(lines, delimiter=mapping.delimiter, skipinitialspace=True)
    names = [cell.strip() for cell in next(rows, [])] if mapping.header else []
    table = _Table(names, name)
    time = table.column(mapping.time)
    device = _device_reader(mapping.device, table)
    columns = [(each, table.column(column)) for each, column in mapping.properties.items()]
    types: dict[str, DeviceType] = {}
    for row in rows:
        if not row:
            continue
        where = f"{name}, line {rows.line_num}"
        device_id = device(row, where)
        if device_id not in types:
            types[device_id] = _known(catalog, device_id, mapping, where)
        reading: Telemetry = {"device_id": device_id, "timestamp": _stamp(_cell(row, time, where), where)}
        for each, column in columns:
            text = _cell(row, column, where)
            if text:
                reading[each] = _value(text, types[device_id], each, where)
        yield reading


def shifted(recorded: Iterable[Telemetry], by: timedelta) -> Iterator[Telemetry]:
    """The same readings, earlier or later."""
    for reading in recorded:
        moment = to_datetime(str(reading["timestamp"])) + by
        yield {**reading, "timestamp": from_datetime(moment)}


def shift_to(recorded: Sequence[Telemetry], now: datetime, *, ends: bool) -> timedelta:
    """How far to shift a recording so that it ends (or begins) at an instant."""
    stamps = [str(reading["timestamp"]) for reading in recorded]
    return now - to_datetime(max(stamps) if ends else min(stamps))


class _Table:
    """The columns of a table, by number or by name."""

    def __init__(self, names: Sequence[str], file: str) -> None:
        self._names, self._file = names, file

    def column(self, column: Column) -> int:
        """The index of a column. Raises ConfigurationError."""
        if isinstance(column, int) or column.isdigit():
            number = int(column)
            if number < 1:
                raise ConfigurationError(f"{self._file}: column numbers start at 1, found {number}")
            return number - 1
        if column not in self._names:
            known = ", ".join(self._names) or "none, it has no header"
            raise ConfigurationError(f"{self._file} has no column {column!r}; its header names {known}")
        return self._names.index(column)


def _device_reader(device: DeviceColumn, table: _Table) -> Callable[[Sequence[str], str], str]:
    if device.id is not None:
        fixed = device.id
        return lambda _row, _where: fixed
    if device.column is None:
        raise ConfigurationError("the mapping's device has neither an id nor a column; give one of them")
    index, pattern = table.column(device.column), device.pattern
    return lambda row, where: pattern.replace("{}", _cell(row, index, where))


def _known(catalog: DeviceCatalog, device_id: str, mapping: Mapping, where: str) -> DeviceType:
    found = catalog.type_of(device_id)
    if found is None:
        raise ConfigurationError(f"{where}: the twin has no device {device_id!r}; add it to config_iot_devices.json")
    for name in mapping.properties:
        if found.property(name) is None:
            raise ConfigurationError(
                f"{where}: device {device_id!r} has no property {name!r}; its type is {found.name}"
            )
    return found


def _cell(row: Sequence[str], index: int, where: str) -> str:
    if index >= len(row):
        raise ConfigurationError(f"{where}: column {index + 1} is missing, the row has {len(row)}")
    return row[index].strip()


def _stamp(text: str, where: str) -> str:
    try:
        return canonical(float(text)) if _is_number(text) else canonical(text)
    except ValueError as error:
        raise ConfigurationError(f"{where}: found time {text!r}, expected ISO 8601 or an epoch in s or ms") from error


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()


_TRUTH = {"1": True, "true": True, "0": False, "false": False}


def _value(text: str, device_type: DeviceType, name: str, where: str) -> Scalar:
    declared = device_type.property(name)
    assert declared is not None  # noqa: S101 - `_known` looked
    try:
        match declared.data_type:
            case DataType.DOUBLE:
                return float(text)
            case DataType.INTEGER | DataType.LONG:
                return int(text)
            case DataType.BOOLEAN:
                return _TRUTH[text.lower()]
            case DataType.STRING:
                return text
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"{where}: found {text!r} for {name}, expected {declared.data_type}") from error
