"""Where readings enter a function: from a device, from another cloud, from user code. Owns their normal form there.

Nothing else in `functions` looks into a reading, apart from user code, the readers and the stores.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.domain import foreign_json
from twin2multicloud.domain.clock_skew import DEVICE_TIME, Beyond, ClockSkew
from twin2multicloud.domain.telemetry import (
    InvalidTelemetryError,
    Loose,
    Reading,
    TimeOutsideError,
    normalise,
    recognise,
    without_time,
)
from twin2multicloud.functions.triggers import RawReading
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire.limits import MAX_READINGS

if TYPE_CHECKING:
    from twin2multicloud.functions.payloads.formats import Formats

_decode = msgspec.json.Decoder(Loose | list[Loose]).decode
_MARK = b"\xef\xbb\xbf"  # of UTF-8
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


_SHOWN = 3  # reasons of one publish that a refusal names


class Refused(msgspec.Struct, frozen=True):
    """A publish, or one reading of a list, that is invalid telemetry: its bytes as they came, and the reason."""

    body: bytes
    reason: str


def from_device(
    raw: RawReading, now: str, clock_skew: ClockSkew, left_out: list[str], formats: "Formats | None" = None
) -> Iterator[Reading | Refused]:
    """The readings of a publish, and what of it is invalid telemetry.

    Adds to `left_out` the reason of each value that no store can hold; the rest of its reading is there. `formats` are
    those of types with a payload of their own, None where all telemetry is flat.
    """
    if formats is not None and (format_ := formats.of_publish(raw.device_id, raw.body)) is not None:
        yield from _formatted(raw, format_.read(raw.body, raw.received_at or now), now, clock_skew, left_out)
        return
    checked = True
    try:
        payload: Any = _decode(raw.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        checked = False
        try:
            payload = foreign_json.read(raw.body)
        except foreign_json.ForeignJsonError as error:
            yield Refused(raw.body, str(error))
            return
    if isinstance(payload, list) and not 0 < len(payload) <= MAX_READINGS:
        too_many = f"{len(payload):,} readings in one publish, the limit is {MAX_READINGS:,}"
        yield Refused(raw.body, too_many if payload else "a list without a reading")
        return
    arrival = raw.received_at or now
    earliest, latest = clock_skew.bounds(arrival)
    alone: list[bytes] = []  # the bytes of each reading of a list, once one of them is refused
    for place, flat in enumerate(payload if isinstance(payload, list) else [payload]):
        try:
            try:
                yield normalise(
                    flat,
                    now=arrival,
                    device_id=raw.device_id,
                    earliest=earliest,
                    latest=latest,
                    left_out=left_out,
                    checked=checked,
                )
            except TimeOutsideError as error:
                yield _beyond(flat, raw.device_id, arrival, clock_skew, error, left_out)
        except InvalidTelemetryError as error:
            alone = alone or _each_alone(raw.body, payload)
            yield Refused(alone[place], str(error))


def _each_alone(body: bytes, payload: object) -> list[bytes]:
    """The bytes of each reading of a publish, as they came."""
    return [bytes(each) for each in _decode_list(body.removeprefix(_MARK))] if isinstance(payload, list) else [body]


def _formatted(
    raw: RawReading,
    read: Sequence[tuple[str | None, dict[str, Any]] | InvalidTelemetryError],
    now: str,
    clock_skew: ClockSkew,
    left_out: list[str],
) -> Iterator[Reading | Refused]:
    """The readings that a format made of a publish. What is invalid of it is one refusal, with all of its bytes."""
    if len(read) > MAX_READINGS:
        read = [InvalidTelemetryError(f"{len(read):,} readings in one publish, the limit is {MAX_READINGS:,}")]
    arrival = raw.received_at or now
    earliest, latest = clock_skew.bounds(arrival)
    reasons: dict[str, None] = {}  # each once, in order
    for each in read:
        try:
            if isinstance(each, InvalidTelemetryError):
                raise each
            flat, device_id = each[1], each[0] or raw.device_id
            try:
                yield normalise(
                    flat, now=arrival, device_id=device_id, earliest=earliest, latest=latest, left_out=left_out
                )
            except TimeOutsideError as error:
                yield _beyond(flat, device_id, arrival, clock_skew, error, left_out)
        except InvalidTelemetryError as error:
            reasons[str(error)] = None
    if reasons:
        more = f" (and {len(reasons) - _SHOWN} more)" if len(reasons) > _SHOWN else ""
        yield Refused(raw.body, "; ".join([*reasons][:_SHOWN]) + more)


def _beyond(
    flat: object,
    device_id: str | None,
    arrival: str,
    clock_skew: ClockSkew,
    error: TimeOutsideError,
    left_out: list[str],
) -> Reading:
    """What becomes of a reading whose time is beyond the clock policy. Raises InvalidTelemetryError."""
    if clock_skew.beyond is Beyond.REJECT or not isinstance(flat, dict) or DEVICE_TIME in flat:
        raise InvalidTelemetryError(clock_skew.reason(error, arrival))
    untimed = {**without_time(flat), DEVICE_TIME: error.timestamp}
    return normalise(untimed, now=arrival, device_id=device_id, left_out=left_out)


def refusal_of(raw: RawReading, now: str, clock_skew: ClockSkew, formats: "Formats | None" = None) -> str | None:
    """Why not one reading of a publish is valid; None where one is."""
    reason = None
    for reading in from_device(raw, now, clock_skew, [], formats):
        if isinstance(reading, Reading):
            return None
        reason = reason or reading.reason
    return reason


def from_another_cloud(messages: Sequence[bytes], now: str) -> tuple[list[Reading], list[ItemError]]:
    """The readings of an envelope, and the indices of messages that are invalid telemetry."""
    readings: list[Reading] = []
    failed: list[ItemError] = []
    for place, message in enumerate(messages):
        try:
            readings.append(recognise(message, now=now))
        except InvalidTelemetryError as error:
            failed.append(ItemError(place, str(error)))
    return readings, failed


def from_user_code(result: object, reading: Reading, now: str, left_out: list[str]) -> Reading | None:
    """What `process` returned for a reading; None where it dropped it. Values that no store has go to `left_out`.

    Reserved keys that it left out are the reading's: it stays the same reading. Raises InvalidTelemetryError, and
    whatever the user's own types raise.
    """
    if result is None:
        return None
    if not isinstance(result, dict):
        raise InvalidTelemetryError(f"process() must return telemetry or None, returned {type(result).__name__}")
    key = reading.key
    processed = normalise({**key.named, **result}, now=now, left_out=left_out)
    return processed.traced(key.trace_id) if key.trace_id else processed
