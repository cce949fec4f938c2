"""Where readings enter a function: from a device, from another cloud, from user code. Owns their normal form there.

Nothing else in `functions` looks into a reading, apart from user code, the readers and the stores.
"""

import base64
from collections.abc import Iterator, Sequence

import msgspec

from twin2multicloud.domain.telemetry import InvalidTelemetryError, Telemetry, is_normal, normalise
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire.envelope import is_trace_id


class RawReading(msgspec.Struct, frozen=True):
    """One publish of a device. `payload` is decoded JSON: an object, or a list of them from a gateway."""

    payload: object
    device_id: str | None = None  # from the topic or the connection; wins over the payload's own word
    received_at: str | None = None  # the cloud's own stamp, for readings without a time


def decoded(body: bytes) -> object:
    """A device's bytes as JSON, or else their base64: the dispatcher will report that as no telemetry."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return base64.b64encode(body).decode()


def from_device(raw: RawReading, now: str) -> Iterator[Telemetry | tuple[object, InvalidTelemetryError]]:
    """The readings of a publish in their normal form; a payload that is no telemetry comes with the reason."""
    for payload in raw.payload if isinstance(raw.payload, list) else [raw.payload]:
        try:
            yield normalise(payload, now=raw.received_at or now, device_id=raw.device_id)
        except InvalidTelemetryError as error:
            yield payload, error


def from_another_cloud(messages: Sequence[Telemetry], now: str) -> tuple[list[Telemetry], list[ItemError]]:
    """The messages of an envelope in their normal form, and the places of those that are no telemetry."""
    readings: list[Telemetry] = []
    failed: list[ItemError] = []
    for place, message in enumerate(messages):
        try:
            readings.append(_normal(message, now))
        except InvalidTelemetryError as error:
            failed.append(ItemError(place, str(error)))
    return readings, failed


def from_user_code(result: object, message: Telemetry, now: str) -> Telemetry | None:
    """What `process(message)` returned, in its normal form; None where it dropped the reading.

    Reserved keys that it left out are the message's: the reading stays the same reading. Raises InvalidTelemetryError,
    and whatever the user's own types raise.
    """
    if result is None:
        return None
    if not isinstance(result, dict):
        raise InvalidTelemetryError(f"process() returns telemetry or None, returned {type(result).__name__}")
    kept = {key: message[key] for key in ("device_id", "timestamp", "message_id")}
    reading = normalise({**kept, **result}, now=now)
    return {**reading, "trace_id": message["trace_id"]} if "trace_id" in message else reading


def _normal(message: Telemetry, now: str) -> Telemetry:
    """A message in its normal form, with the trace of its own if it has one."""
    trace_id = message.get("trace_id")
    if trace_id is None:
        return message if is_normal(message) else normalise(message, now=now)
    if not isinstance(trace_id, str) or not is_trace_id(trace_id):
        return normalise(message, now=now)
    return message if is_normal(message) else {**normalise(message, now=now), "trace_id": trace_id}
