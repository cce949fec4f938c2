"""The protocol buffers of Sparkplug B: the fields of a payload and of its metrics that hold telemetry, and no others.

Field numbers: sparkplug_b.proto of Eclipse Tahu. Data sets, templates and properties of metrics are skipped.
"""

import struct
from collections.abc import Iterator
from typing import Any

from twin2multicloud.domain.telemetry import InvalidTelemetryError

_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # Int8 to Int64: sent as their two's complement
_TIMESTAMP, _METRICS = 1, 2  # of a payload
_NAME, _ALIAS, _METRIC_TIMESTAMP, _DATATYPE, _IS_NULL = 1, 2, 3, 4, 7
_INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN, _STRING = 10, 11, 12, 13, 14, 15


def payload_of(body: bytes) -> dict[str, Any]:
    """A payload as its JSON would be. Raises InvalidTelemetryError."""
    try:
        payload: dict[str, Any] = {"metrics": []}
        for field, value in _fields(body):
            if field == _TIMESTAMP:
                payload["timestamp"] = value
            elif field == _METRICS:
                payload["metrics"].append(_metric(value))
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise InvalidTelemetryError(f"the message is neither JSON nor a Sparkplug B payload: {error}") from error
    return payload


def _metric(body: bytes) -> dict[str, Any]:
    metric: dict[str, Any] = {}
    raw = dict(_fields(body))
    for field, name in ((_ALIAS, "alias"), (_METRIC_TIMESTAMP, "timestamp")):
        if field in raw:
            metric[name] = raw[field]
    if _NAME in raw:
        metric["name"] = raw[_NAME].decode()
    if raw.get(_IS_NULL):
        metric["is_null"] = True
    elif _INT in raw or _LONG in raw:
        metric["value"] = _signed(raw.get(_INT, raw.get(_LONG, 0)), _SIGNED_BITS.get(raw.get(_DATATYPE, 0)))
    elif _FLOAT in raw:
        metric["value"] = float(f"{struct.unpack('<f', raw[_FLOAT])[0]:.7g}")  # 21.5 stays 21.5, 0.1 stays 0.1
    elif _DOUBLE in raw:
        metric["value"] = struct.unpack("<d", raw[_DOUBLE])[0]
    elif _BOOLEAN in raw:
        metric["value"] = bool(raw[_BOOLEAN])
    elif _STRING in raw:
        metric["value"] = raw[_STRING].decode()
    return metric


def _signed(number: int, bits: int | None) -> int:
    if bits is None:
        return number
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers with their values: numbers, or bytes."""
    place = 0
    while place < len(body):
        tag, place = _varint(body, place)
        match tag & 7:
            case 0:
                value, place = _varint(body, place)
                yield tag >> 3, value
            case 1 | 5 | 2 as wire:
                size, place = _varint(body, place) if wire == 2 else (8 if wire == 1 else 4, place)
                if place + size > len(body):
                    raise IndexError("it ends within a field")
                yield tag >> 3, body[place : place + size]
                place += size
            case wire:
                raise IndexError(f"wire type {wire}")


def _varint(body: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
        if shift > 63:
            raise IndexError("a number of more than 64 bits")
