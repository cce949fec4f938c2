"""Messages that the project describes: where the records are (`each`), in a record its time and its values."""

from collections.abc import Iterator
from typing import Any

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import MISSING, Frame, at, json_of, kind, object_of


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame per record."""
    message = json_of(body)
    records = _there(at(payload.each, message, message), payload.each)
    for number, record in enumerate(records if isinstance(records, list) else [records]):
        place = f"record {number}" if isinstance(records, list) else "the message"
        values = object_of(_there(at(payload.values, record, message), payload.values), payload.values or place)
        yield Frame(_time(at(payload.time, record, message) if payload.time else None, payload.time), values, message)


def _there(value: object, path: str) -> object:
    if value is MISSING:
        raise InvalidTelemetryError(f"the message has nothing at {path}")
    return value


def _time(value: Any, path: str) -> Any:  # noqa: ANN401 - whatever a device sent
    if value is MISSING or isinstance(value, dict | list):
        found = "nothing" if value is MISSING else kind(value)
        raise InvalidTelemetryError(f"expected a time at {path}, found {found}")
    return value
