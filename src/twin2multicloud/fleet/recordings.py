"""Recorded telemetry: a table -> readings of a twin's devices. Owns the column mapping; opens and sends nothing."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import msgspec

from twin2multicloud.domain.conversions import converted
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceType, Scalar
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.fleet.cell_times import CellTimes
from twin2multicloud.fleet.csv_text import decode, delimiter_of, find_delimiter, rows

Column = int | str
"""A column by its number, from 1, or by its name in the header. A text of digits is a name where the header has it."""


class DeviceColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which device a row is of: one for all (`id`), or by a column, put into `pattern` at its ``{}``."""

    id: str | None = None
    column: Column | None = None
    pattern: str = "{}"


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a table's columns are a twin's readings. `properties` maps a property's name to its column.

    `time` is one column, or several whose cells are joined with a space (a date and a time of day). `time_format` is
    one of `datetime.strptime`; `time_zone` that of times without an offset, UTC by default. `delimiter`, `encoding` and
    `decimal` are found by looking where they are None.
    """

    time: Column | tuple[Column, ...]
    device: DeviceColumn
    properties: dict[str, Column]
    header: bool = True
    delimiter: str | None = None
    encoding: str | None = None
    decimal: Literal[".", ","] | None = None
    time_format: str | None = None
    time_zone: str | None = None

    @property
    def times(self) -> tuple[Column, ...]:
        """The columns of the time."""
        return self.time if isinstance(self.time, tuple) else (self.time,)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column that is read."""
        device = () if self.device.id is not None or self.device.column is None else (self.device.column,)
        return (*self.times, *device, *self.properties.values())


class LeftOut(msgspec.Struct, frozen=True):
    """A cell that is no value of its property's type."""

    line: int
    column: int
    text: str
    name: str
    expected: DataType

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.name} is {self.text[:60]!r}, expected {self.expected}"


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. `mapping` has what was found by looking; `text` is the file in `mapping.encoding`."""

    readings: list[Telemetry]
    left_out: list[LeftOut]
    remarks: list[str]
    mapping: Mapping
    text: str


def read_mapping(content: bytes, name: str) -> Mapping:
    """A mapping from its JSON file. Raises ConfigurationError with the file and what is wrong in it."""
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=Mapping)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: {error}") from error


def read_recording(
    content: bytes, mapping: Mapping, catalog: DeviceCatalog, name: str, limit: int | None = None
) -> Recording:
    """The readings of a recording, in its order: `device_id`, canonical `timestamp`, typed properties.

    An empty cell is a property that was not measured; a cell that is no value of its property is left out and listed.
    Raises ConfigurationError with file, line and column for a row with more or fewer cells than the table, a quote that
    is not closed, a time that is none, and for a device or property that the twin does not have.
    """
    text, encoding = decode(content, mapping.encoding, name)
    looked = _looked(text, msgspec.structs.replace(mapping, encoding=encoding), name)
    times = CellTimes(looked.time_format, looked.time_zone)
    left_out: list[LeftOut] = []
    read = list(islice(_readings(_Table(text, looked, catalog, name), times, left_out), limit))
    return Recording(
        readings=read,
        left_out=left_out,
        remarks=[*_seen(mapping, looked), *times.remarks],
        mapping=looked,
        text=text,
    )


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
    """The rows of a table and its columns, by name or by number."""

    def __init__(self, text: str, mapping: Mapping, catalog: DeviceCatalog, name: str) -> None:
        self.mapping, self.catalog, self.name = mapping, catalog, name
        self._rows = rows(text, mapping.delimiter or ",", name)
        self._names = [cell.strip() for cell in next(self._rows, (1, []))[1]] if mapping.header else []

    def column(self, column: Column) -> int:
        """The index of a column. Raises ConfigurationError."""
        if isinstance(column, str) and column in self._names:
            if self._names.count(column) > 1:
                raise ConfigurationError(f"{self.name} has more than one column {column!r}; give its number")
            return self._names.index(column)
        if isinstance(column, int) or column.isdigit():
            number = int(column)
            if number < 1:
                raise ConfigurationError(f"{self.name}: column numbers start at 1, found {number}")
            return number - 1
        known = ", ".join(self._names) or "none, it has no header"
        raise ConfigurationError(f"{self.name} has no column {column!r}; its header names {known}")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line and cells of each row. Raises ConfigurationError for one that is not as wide as the header."""
        width = len(self._names)
        for line, row in self._rows:
            width = width or len(row)
            if len(row) != width and (len(row) < width or any(row[width:])):
                column = min(len(row), width) + 1
                raise ConfigurationError(
                    f"{self.name}, line {line}, column {column}: found a row of {len(row)} cells, expected {width} as "
                    f"in the {'header' if self._names else 'first row'}; is a delimiter or quote missing or too many?"
                )
            yield line, row


def _readings(table: _Table, times: CellTimes, left_out: list[LeftOut]) -> Iterator[Telemetry]:
    mapping, decimal = table.mapping, table.mapping.decimal or "."
    stamp_columns = [table.column(column) for column in mapping.times]
    device = _device_reader(mapping.device, table)
    columns = [(name, table.column(column)) for name, column in mapping.properties.items()]
    types: dict[str, dict[str, DataType]] = {}
    for line, row in table.rows():
        where = f"{table.name}, line {line}"
        device_id = device(row, where)
        if device_id not in types:
            types[device_id] = _types(table.catalog, device_id, mapping, where)
        try:
            stamp = times.stamp(" ".join(_cell(row, column, where) for column in stamp_columns), device_id)
        except ValueError as error:
            raise ConfigurationError(f"{where}, column {stamp_columns[0] + 1}: {error}") from error
        reading: Telemetry = {"device_id": device_id, "timestamp": stamp}
        for name, column in columns:
            text, expected = _cell(row, column, where), types[device_id][name]
            if not text:
                continue
            try:
                reading[name] = _typed(text, expected, decimal)
            except ValueError:
                if "\n" in text:
                    raise ConfigurationError(
                        f"{where}, column {column + 1}: found a quoted cell of several lines for {name}, expected "
                        f"{expected}; is its quote closed?"
                    ) from None
                left_out.append(LeftOut(line, column + 1, text, name, expected))
        yield reading


def _device_reader(device: DeviceColumn, table: _Table) -> Callable[[Sequence[str], str], str]:
    if device.id is not None:
        fixed = device.id
        return lambda _row, _where: fixed
    if device.column is None:
        raise ConfigurationError("the mapping's device has neither an id nor a column; give one of them")
    index, pattern = table.column(device.column), device.pattern
    return lambda row, where: pattern.replace("{}", _cell(row, index, where))


def _types(catalog: DeviceCatalog, device_id: str, mapping: Mapping, where: str) -> dict[str, DataType]:
    device_type = catalog.type_of(device_id)
    if device_type is None:
        raise ConfigurationError(f"{where}: the twin has no device {device_id!r}; add it to config_iot_devices.json")
    return {name: _data_type(device_type, name, device_id, where) for name in mapping.properties}


def _data_type(device_type: DeviceType, name: str, device_id: str, where: str) -> DataType:
    declared = device_type.property(name)
    if declared is None:
        known = ", ".join(one.name for one in device_type.properties)
        raise ConfigurationError(f"{where}: device {device_id!r} has no property {name!r}; its type has {known}")
    return declared.data_type


def _cell(row: Sequence[str], index: int, where: str) -> str:
    if index >= len(row):
        raise ConfigurationError(f"{where}: column {index + 1} is missing, the row has {len(row)}")
    return row[index].strip()


def _typed(text: str, data_type: DataType, decimal: str) -> Scalar:
    """The value of a cell. Raises ValueError for what is none of its property's type; thousands are not grouped."""
    if decimal != "." and data_type is not DataType.STRING:
        if "." in text:
            raise ValueError(text)
        text = text.replace(decimal, ".")
    return converted(text, data_type)


def _looked(text: str, mapping: Mapping, name: str) -> Mapping:
    """The mapping with delimiter and decimal mark as they were found."""
    if mapping.delimiter is not None:
        delimiter = delimiter_of(mapping.delimiter)
    else:
        names = [column for column in mapping.columns if isinstance(column, str)]
        numbers = [int(column) for column in mapping.columns if isinstance(column, int) or column.isdigit()]
        delimiter = find_delimiter(text, names, max(numbers, default=0))
    decimal = mapping.decimal or ("," if delimiter != "," and _has_decimal_commas(text, delimiter, name) else ".")
    return msgspec.structs.replace(mapping, delimiter=delimiter, decimal=decimal)


_DECIMAL_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_SAMPLED = 500  # rows


def _has_decimal_commas(text: str, delimiter: str, name: str) -> bool:
    """Whether cells such as ``20,5`` are numbers with a decimal comma: some cannot be groups of thousands."""
    cells = [cell.strip() for _, row in islice(rows(text, delimiter, name), _SAMPLED) for cell in row]
    commas = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
    return any(not _THOUSANDS.fullmatch(cell) for cell in commas)


def _seen(given: Mapping, looked: Mapping) -> Iterator[str]:
    """What was found by looking and is not what most files have."""
    found = [
        f"encoding {looked.encoding}" if given.encoding is None and looked.encoding != "utf-8" else "",
        f"delimiter {looked.delimiter!r}" if given.delimiter is None else "",
        "decimal comma" if given.decimal is None and looked.decimal == "," else "",
    ]
    if any(found):
        yield f"found by looking: {', '.join(each for each in found if each)}"
