"""SenML (RFC 8428) in JSON: base fields, records of several names, absolute and relative times."""

from collections.abc import Iterator
from typing import Any

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.functions.payloads.frame import Frame, json_of, kind, object_of

_ABSOLUTE_FROM = 1 << 28
"""A time below is relative to now (RFC 8428, 4.5.3)."""

_SUMS = (("v", "bv"), ("s", "bs"))
_VALUES = ("vs", "vb", "vd")
_KNOWN_VERSION = 10  # RFC 8428, 4.4: a pack of a later version must not be read


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame per time; a record's values are by its whole name."""
    pack = json_of(body)
    if not isinstance(pack, list):
        raise InvalidTelemetryError(f"SenML is a list of records, found {kind(pack)}")
    arrived = to_datetime(now).timestamp()
    times: dict[float, dict[str, Any]] = {}
    base: dict[str, Any] = {}
    for number, each in enumerate(pack):
        record = object_of(each, f"record {number}")
        base.update((key, value) for key, value in record.items() if key in ("bn", "bt", "bv", "bs", "bver"))
        _check(record, base, number)
        value = _value(record, base, number)
        if value is None:
            continue  # base fields alone
        time = _number(base, "bt", number) + _number(record, "t", number)
        instant = time if time >= _ABSOLUTE_FROM else arrived + time
        times.setdefault(instant, {})[str(base.get("bn", "")) + str(record.get("n", ""))] = value
    yield from (Frame(instant, values, pack) for instant, values in times.items())


def _check(record: Any, base: dict[str, Any], number: int) -> None:  # noqa: ANN401 - whatever a device sent
    unknown = [key for key in record if key.endswith("_")]
    if unknown:
        raise InvalidTelemetryError(f"record {number}: {unknown[0]!r} must be understood (RFC 8428, 4.4) and is not")
    if _number(base, "bver", number) > _KNOWN_VERSION:
        raise InvalidTelemetryError(f"record {number}: SenML of version {base['bver']}, known is {_KNOWN_VERSION}")


def _value(record: Any, base: dict[str, Any], number: int) -> Any:  # noqa: ANN401 - whatever a device sent
    for key, base_key in _SUMS:
        if key in record:
            return _number(record, key, number) + _number(base, base_key, number)
    return next((record[key] for key in _VALUES if key in record), None)


def _number(fields: Any, key: str, number: int) -> float:  # noqa: ANN401 - whatever a device sent
    value = fields.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidTelemetryError(f"record {number}: {key} must be a number, found {kind(value)}")
    return value
