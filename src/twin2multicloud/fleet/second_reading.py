"""A recording read again by other means, so that a check does not compare a misreading with itself.

Cells are split by a parser of our own, columns looked up by place, times worked out from UTC outwards, numbers compared
as decimals. Shares with the first reading only what the user gave or was told: encoding, delimiter, decimal mark.
"""

import calendar
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.fleet.csv_text import Cell, split
from twin2multicloud.fleet.recordings import Column, Mapping, Recording

_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?(?:\d\d)?)?)?",
    re.I | re.ASCII,
)
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(?:(\d\d)(\d\d)?)?)?", re.ASCII)
_EPOCH = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
_UNITS = ((11, 0), (14, 3), (17, 6), (20, 9))
"""Epochs in s, ms, µs and ns: below which power of ten, and which power of ten of them is a second."""

_TRUE, _FALSE = ("1", "true"), ("0", "false")


def differences(recording: Recording, name: str, limit: int | None = None) -> list[str]:
    """Where the file, read again, says something else than its recording: a sentence each, with line and column."""
    mapping = recording.mapping
    table = split(recording.text, mapping.delimiter or ",", name)
    header = [cell.text.strip() for cell in next(table)] if mapping.header else []
    clock = _Clock(mapping)
    skipped = {(cell.line, cell.name) for cell in recording.left_out}
    found: list[str] = []
    count = 0
    for reading, row in zip(recording.readings, table, strict=False):  # in this order: no row is taken too many
        count += 1
        found += _row_differences(row, header, mapping, reading, clock, skipped)
    rest = sum(1 for _ in table) if limit is None else 0
    if count != len(recording.readings) or rest:
        found.append(f"{name}: found {count + rest} rows, read {len(recording.readings)}")
    return found


def _row_differences(
    row: Sequence[Cell],
    header: Sequence[str],
    mapping: Mapping,
    reading: Telemetry,
    clock: "_Clock",
    skipped: set[tuple[int, str]],
) -> Iterator[str]:
    first = row[0]
    stamp = clock.stamp(" ".join(_at(row, header, column).text.strip() for column in mapping.times), reading)
    if stamp is not None and stamp != reading["timestamp"]:
        yield f"line {first.line}: the time is {stamp}, read {reading['timestamp']}"
    if mapping.device.id is None and mapping.device.column is not None:
        device = _at(row, header, mapping.device.column).text.strip()
        if mapping.device.pattern.replace("{}", device) != reading["device_id"]:
            yield f"line {first.line}: the device is {device!r}, read {reading['device_id']!r}"
    values = values_of(reading)
    for name, column in mapping.properties.items():
        cell = _at(row, header, column)
        text = cell.text.strip()
        if (not text) != (name not in values) and (first.line, name) not in skipped:
            yield f"line {cell.line}, column {cell.column}: {name} is {text!r}, read {values.get(name)!r}"
        elif name in values and not _same(text, values[name], mapping.decimal or "."):
            yield f"line {cell.line}, column {cell.column}: {name} is {text!r}, read {values[name]!r}"


def _at(row: Sequence[Cell], header: Sequence[str], column: Column) -> Cell:
    named = [cell for cell, name in zip(row, header, strict=False) if name == column]
    return named[0] if named else row[int(column) - 1]


def _same(text: str, value: object, decimal: str) -> bool:
    match value:
        case bool():
            return text.lower() in (_TRUE if value else _FALSE)
        case int():
            return Decimal(text.replace(decimal, ".")) == value
        case float():
            return Decimal(text.replace(decimal, ".")) == Decimal(repr(value)) or repr(
                float(text.replace(decimal, "."))
            ) == repr(value)
        case _:
            return text == value


class _Clock:
    """Times, worked out from the calendar: an instant is one whose local time in the zone is what the cell says."""

    def __init__(self, mapping: Mapping) -> None:
        self._format = mapping.time_format
        self._zone = ZoneInfo(mapping.time_zone) if mapping.time_zone else None
        self._before: dict[object, int] = {}

    def stamp(self, text: str, reading: Telemetry) -> str | None:
        """A canonical stamp; None for a format that only the first reading knows."""
        local, offset = self._read(text)
        if local is None:
            return None
        if offset is not None or self._zone is None:
            instant = local - (offset or 0) * 1000
        else:
            instant = self._earliest(local, self._before.get(reading["device_id"]))
        self._before[reading["device_id"]] = instant
        moment = datetime.fromtimestamp(instant // 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1000:03}Z"

    def _earliest(self, local: int, before: int | None) -> int:
        """Of the instants that are this local time the first that does not go back; else the last."""
        assert self._zone is not None  # noqa: S101 - the caller looked
        around = datetime.fromtimestamp(local // 1000, UTC)
        days = (around + timedelta(days=shift) for shift in (-1, 1))
        offsets = {day.astimezone(self._zone).utcoffset() or timedelta(0) for day in days}
        possible = ((local - int(offset.total_seconds()) * 1000, offset) for offset in offsets)
        instants = sorted(
            instant
            for instant, offset in possible
            if datetime.fromtimestamp(instant // 1000, self._zone).utcoffset() == offset
        )
        return next((instant for instant in instants if before is None or instant >= before), instants[-1])

    def _read(self, text: str) -> tuple[int | None, int | None]:
        """Milliseconds of the text as if it were UTC, and its own offset in s."""
        if self._format is not None:
            if any(each in self._format for each in ("%f", "%z", "%Z", "%s")):
                return None, None
            return calendar.timegm(time.strptime(text, self._format)) * 1000, None
        digits = _DIGITS.fullmatch(text)
        if digits is not None and "1970" <= digits[1] < "2200" and digits[2] <= "12" and digits[3] <= "31":
            return _milliseconds([digits[group] for group in range(1, 7)], None), None
        if _EPOCH.fullmatch(text):
            number = Decimal(text)
            unit = next((per for digits, per in _UNITS if abs(number) < Decimal(10) ** digits), 0)
            return int(number * 1000 // 10**unit), 0
        iso = _ISO.fullmatch(text)
        if iso is None:
            return None, None
        return _milliseconds([iso[group] for group in range(1, 7)], iso[7]), _offset(iso[8])


def _milliseconds(parts: Sequence[str | None], fraction: str | None) -> int:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    return calendar.timegm((year, month, day, hour, minute, second)) * 1000 + int(((fraction or "") + "000")[:3])


def _offset(text: str | None) -> int | None:
    if text is None or text in "zZ":
        return None if text is None else 0
    digits = text[1:].replace(":", "")
    return (int(digits[:2]) * 60 + int(digits[2:] or 0)) * (-60 if text[0] == "-" else 60)
