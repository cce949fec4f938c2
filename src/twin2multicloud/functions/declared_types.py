"""Readings held to what their device's type declares: types of values, and what becomes of undeclared properties."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.domain.clock_skew import DEVICE_TIME
from twin2multicloud.domain.conversions import converted
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceType, Undeclared
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.telemetry import RESERVED, InvalidTelemetryError, Reading, Telemetry
from twin2multicloud.functions.reporting import Reporter, Tally
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter

_PYTHON = {
    DataType.STRING: str,
    DataType.DOUBLE: float,
    DataType.INTEGER: int,
    DataType.LONG: int,
    DataType.BOOLEAN: bool,
}
_MOST_DEVICES = 50_000  # whose type one process remembers
_LEAST, _MOST = -(1 << 31), (1 << 31) - 1  # of an INTEGER
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


class _Rules:
    """One device type, ready to be held against a reading: what nothing has to be done for is quick to see."""

    def __init__(self, device_type: DeviceType) -> None:
        self._type = device_type
        declared = {each.name: each.data_type for each in device_type.properties}
        self._declared = {DEVICE_TIME: DataType.STRING, **declared}
        self._exact: Mapping[str, type] = {
            **dict.fromkeys(RESERVED, str),
            **{name: _PYTHON[data_type] for name, data_type in self._declared.items()},
        }
        self._small = tuple(name for name, data_type in self._declared.items() if data_type is DataType.INTEGER)

    def keep(self, flat: Mapping[str, Any]) -> bool:
        """Whether a reading is as its type declares it."""
        exact = self._exact
        for name, value in flat.items():
            if type(value) is not exact.get(name):
                return False
        return not self._small or all(_LEAST <= flat.get(name, 0) <= _MOST for name in self._small)

    def held(
        self, reading: Reading, device: str, found: Mapping[str, Any], left_out: list[str], dropped: list[str]
    ) -> Reading:
        """The reading with values of their declared types. Raises InvalidTelemetryError where the project says so."""
        values: Telemetry = {}
        changed = False
        for name, value in found.items():
            if name in RESERVED:
                continue
            data_type = self._declared.get(name)
            if data_type is None:
                if self._undeclared(name):
                    values[name] = value
                else:
                    dropped.append(f"{device}: {name[:60]!r}")
                continue
            try:
                values[name] = fitting = converted(value, data_type)
            except ValueError as error:
                reason = f"property {name!r} must be {data_type}, found {str(value)[:60]!r}"
                if self._type.strict:
                    raise InvalidTelemetryError(f"{reason} (types: strict)") from error
                left_out.append(f"{device}: {reason}")
            else:
                changed = changed or type(fitting) is not type(value)
        same = not changed and len(values) == sum(name not in RESERVED for name in found)
        return reading if same else reading.with_values(values)

    def _undeclared(self, name: str) -> bool:
        match self._type.undeclared:
            case Undeclared.KEEP:
                return True
            case Undeclared.DROP:
                return False
            case Undeclared.REJECT:
                raise InvalidTelemetryError(
                    f"property {name[:60]!r} is not declared by type {self._type.name!r} (undeclared: reject)"
                )


class Held(NamedTuple):
    """A batch as its types declare it: each reading, or why it is refused; and what of the readings is not kept."""

    outcomes: Sequence[Reading | InvalidTelemetryError]
    left_out: Sequence[str]
    dropped: Sequence[str]


class DeclaredTypes:
    """The types of a twin's devices, held against batches."""

    def __init__(self, catalog: DeviceCatalog, reporter: Reporter, clock: Clock) -> None:
        self._catalog, self._reporter = catalog, reporter
        self._dropped = Tally(reporter, ErrorCode.UNDECLARED_DROPPED, clock)
        self._rules = {each.name: _Rules(each) for each in catalog.types}
        self._by_device: dict[str, _Rules | None] = {}

    def hold(self, readings: Sequence[Reading], already_left_out: Sequence[str] = ()) -> Held:
        """A batch as its types declare it. Reports nothing: the batch may fail, and come again."""
        left_out = list(already_left_out)
        dropped: list[str] = []
        outcomes: list[Reading | InvalidTelemetryError] = []
        for reading, found in zip(readings, _decoded(readings), strict=True):
            if isinstance(found, InvalidTelemetryError):
                outcomes.append(found)
                continue
            device, values = found
            rules = self._rules_of(device)
            if rules is None or rules.keep(values):
                outcomes.append(reading)
                continue
            try:
                outcomes.append(rules.held(reading, device, values, left_out, dropped))
            except InvalidTelemetryError as error:
                outcomes.append(error)
        return Held(outcomes, left_out, dropped)

    def report(self, held: Held) -> None:
        """Report what of a batch was left out, and count what was dropped, when the rest is written."""
        if held.left_out:
            self._reporter.left_out(held.left_out)
        if held.dropped:
            self._dropped.add(held.dropped)

    def _rules_of(self, device_id: str) -> _Rules | None:
        if device_id not in self._by_device:
            if len(self._by_device) >= _MOST_DEVICES:
                self._by_device.clear()
            found = self._catalog.type_of(device_id)
            self._by_device[device_id] = None if found is None else self._rules[found.name]
        return self._by_device[device_id]


_Decoded = tuple[str, Mapping[str, Any]]
"""A reading's device and values; keys may stand among them."""


def _decoded(readings: Sequence[Reading]) -> Sequence[_Decoded | InvalidTelemetryError]:
    """Readings that are not decoded yet are so in one go, since all that our own functions queue is sound."""
    if not all(reading.is_decoded for reading in readings):
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            flats = _decode(b"[%b]" % b",".join([reading.encoded for reading in readings]))
            return [(flat["device_id"], flat) for flat in flats]
    return [_alone(reading) for reading in readings]


def _alone(reading: Reading) -> _Decoded | InvalidTelemetryError:
    try:
        key, _, values = reading.parts
    except InvalidTelemetryError as error:
        return error
    return key.device_id, values


class TypedWriter:
    """A writer that holds readings to their types first."""

    def __init__(self, writer: TelemetryWriter, types: DeclaredTypes) -> None:
        self._writer, self._types = writer, types

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """See `ports.telemetry_writer.TelemetryWriter.write_batch`."""
        refused: list[ItemError] = []
        places: list[int] = []
        fitting: list[Reading] = []
        held = self._types.hold(readings)
        for place, outcome in enumerate(held.outcomes):
            if isinstance(outcome, Reading):
                places.append(place)
                fitting.append(outcome)
            else:
                refused.append(ItemError(place, str(outcome)))
        failed = self._writer.write_batch(fitting, trace_id) if fitting else ()
        self._types.report(held)
        return [*refused, *(ItemError(places[each.index], each.error, each.final) for each in failed)]
