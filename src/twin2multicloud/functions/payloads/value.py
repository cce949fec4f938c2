"""A bare number or word (``21.5``, ``ON``): the value of the type's one property."""

from collections.abc import Iterator

import msgspec

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import Frame

_scalar = msgspec.json.Decoder(str | int | float | bool).decode


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame with one value."""
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise InvalidTelemetryError(f"not UTF-8 at byte {error.start}") from error
    if not text or text[0] in "{[":
        raise InvalidTelemetryError(f"expected a number or a word, found {text[:60]!r}")
    try:
        value = _scalar(text)
    except msgspec.DecodeError:
        value = text
    yield Frame(None, {properties[0].name: value}, value)
