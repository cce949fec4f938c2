"""Telemetry: what a device measured at one time. Owns the two forms of a reading and every rule about them.

Devices, user code and readers see a flat object: ``device_id``, ``timestamp``, ``message_id`` and properties. Between
functions a `Reading` is the bytes of that object in its normal form: the key first, without white space, then the
properties. It is made once, passes every hop as it is, and is decoded only where its values are needed.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.timestamps import EARLIEST, LATEST, canonical, is_canonical

Telemetry = dict[str, Scalar]
"""A reading as a flat object."""

RESERVED = frozenset({"device_id", "timestamp", "message_id", "trace_id"})
"""Keys of a flat object that are not properties."""

MESSAGE_ID_CHARACTERS = 128
_ERROR_CHARACTERS = 200  # of msgspec's own error; a sender's text may be in it
_DEVICE_KEYS = ("device_id", "iotDeviceId", "deviceId")
_TIME_KEYS = ("timestamp", "time", "ts")
_ALIASES = frozenset(_DEVICE_KEYS + _TIME_KEYS) - RESERVED
_SPELLINGS = {key.lower(): key for key in _DEVICE_KEYS + _TIME_KEYS}
_familiar: set[Any] = {*RESERVED, *_ALIASES}
"""Keys and names of properties that are no other spelling of a key; what devices send recurs."""

_MOST_FAMILIAR = 4_096
_SCALARS = frozenset({str, float, bool, int})
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1  # LONG is the widest whole number that a property can have
_MANY_DIGITS = re.compile(rb"\d{19}")  # as only whole numbers beyond 64 bits have, and a few that are not
_Whole = Annotated[int, msgspec.Meta(ge=_LEAST, le=_MOST)]
_Value = str | _Whole | float | bool
Loose = dict[str, _Value | None]
"""A flat object as JSON, whose values are scalars or null."""

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_decode_values = msgspec.json.Decoder(dict[str, _Value]).decode
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

TRACE_ID_PATTERN = "(?!0{32})[0-9a-f]{32}"
_TRACE_ID = re.compile(TRACE_ID_PATTERN)
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_HEAD = re.compile(
    rb'\{"device_id":%b,"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","message_id":%b'
    rb'(?:,"trace_id":"(%b)")?(?=[,}])' % (_TEXT, _TEXT, TRACE_ID_PATTERN.encode())
)
"""How the normal form begins."""


class InvalidTelemetryError(ValueError):
    """A reading that cannot be normalised; its text says why in one sentence."""


class TimeOutsideError(InvalidTelemetryError):
    """A time that is one, and not when a reading can have been made."""

    def __init__(self, timestamp: str, earliest: str, latest: str) -> None:
        super().__init__(f"timestamp must be from {earliest} to {latest}, found {timestamp}")
        self.timestamp = timestamp


def is_trace_id(text: str) -> bool:
    """Whether a text is a W3C trace id: 32 lower-case hex digits, not all zero."""
    return _TRACE_ID.fullmatch(text) is not None


class Key(msgspec.Struct, frozen=True, gc=False):
    """What identifies a reading. `trace_id` is empty where its batch's counts."""

    device_id: str
    timestamp: str
    message_id: str
    trace_id: str = ""

    @property
    def named(self) -> Telemetry:
        """The key as a flat object has it."""
        return {"device_id": self.device_id, "timestamp": self.timestamp, "message_id": self.message_id}


class _Head(msgspec.Struct, frozen=True, gc=False):
    """A key as the normal form begins with it; encoded in half the time of a dict."""

    device_id: str
    timestamp: str
    message_id: str


_decode_key = msgspec.json.Decoder(Key).decode


class Reading(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One reading between functions, in its normal form. Only `normalise` and `recognise` make one of foreign data.

    Its bytes are JSON and UTF-8 and begin with the key (`is_keyed`): its creator ensures that. Who had to decode it
    passes on what was found, so that it is decoded once in a function.
    """

    encoded: bytes
    _found: tuple[Key, int, Telemetry] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self.encoded == other.encoded

    def __hash__(self) -> int:
        return hash(self.encoded)

    @property
    def key(self) -> Key:
        """The reading's key, read off its first bytes."""
        return self._found[0] if self._found else self._read()[0]

    @property
    def parts(self) -> tuple[Key, bytes, Telemetry]:
        """The key, the properties as a JSON object, and as values that are not to be changed.

        Raises InvalidTelemetryError for properties that no store and no reader has.
        """
        key, end, values = self._found or (*self._read(), None)
        rest = self.encoded[end:]
        body = b"{" + (rest[1:] if rest.startswith(b",") else rest)
        return key, body, _values_in(body) if values is None else values

    @property
    def flat(self) -> Telemetry:
        """The flat object, without the trace. Raises InvalidTelemetryError for invalid properties."""
        key, _, values = self.parts
        return key.named | values | key.named

    @property
    def is_decoded(self) -> bool:
        """Whether `parts` costs nothing."""
        return self._found is not None

    def _read(self) -> tuple[Key, int]:
        read = _key_in(self.encoded)
        assert read is not None, self.encoded[:200]  # noqa: S101 - as the class says
        return read

    def with_values(self, values: Telemetry) -> "Reading":
        """The same reading, by key and trace, with other properties."""
        key, end = self._found[:2] if self._found else self._read()
        body = _encode(values)[1:]
        return Reading(self.encoded[:end] + (b"," + body if values else body), (key, end, values))

    def traced(self, trace_id: str) -> "Reading":
        """The reading as it leaves its batch: with the batch's trace, unless it has one of its own."""
        head = _HEAD.match(self.encoded)
        if head is None or head[1]:
            return self
        end = head.end()
        return Reading(b'%b,"trace_id":"%b"%b' % (self.encoded[:end], trace_id.encode(), self.encoded[end:]))


def normalise(
    raw: object,
    *,
    now: str,
    device_id: str | None = None,
    earliest: str = EARLIEST,
    latest: str = LATEST,
    left_out: list[str] | None = None,
    checked: bool = False,
) -> Reading:
    """The reading in a flat object of a device or of user code.

    `device_id` is what the cloud knows of the sender (topic, connection); it wins over what the object says.
    Keys of device and time are read in any case. A reading without a time gets `now`; one that is not from `earliest`
    to `latest` is refused. A reading without `message_id` gets the digest of its device, time and content, so that a
    reading sent twice is one reading, and two readings that share a stamp stay two.
    Null is no value. A number that no store has (NaN, or beyond 64 bits and no double) is left out with its reason in
    `left_out`; without that list it is refused. `checked`: every value is a `Loose` one.
    Raises InvalidTelemetryError, TimeOutsideError.
    """
    if not isinstance(raw, dict):
        raise InvalidTelemetryError(f"telemetry must be a JSON object, found {_kind(raw)}")
    values = dict(raw)
    if not _familiar.issuperset(values):
        _respell(values)
    named, stamp = values.pop("device_id", None), values.pop("timestamp", None)
    if not _ALIASES.isdisjoint(values):
        named, stamp = _take(values, named, _DEVICE_KEYS), _take(values, stamp, _TIME_KEYS)
    device = named if device_id is None else device_id
    if not isinstance(device, str) or not device:
        raise InvalidTelemetryError("telemetry has no device: device_id is missing or not a string")
    timestamp = now if stamp is None else _timestamp(stamp)
    if not earliest <= timestamp <= latest:
        raise TimeOutsideError(timestamp, earliest, latest)
    message_id = values.pop("message_id", None)
    values.pop("trace_id", None)
    if not checked and not _SCALARS.issuperset(map(type, values.values())):
        _mend(values, device, left_out)
    if message_id is not None and (not isinstance(message_id, str) or len(message_id) > MESSAGE_ID_CHARACTERS):
        raise InvalidTelemetryError(f"message_id must be a string of at most {MESSAGE_ID_CHARACTERS} characters")
    try:
        body = _encode(values)
        if b"null" in body or (not checked and _MANY_DIGITS.search(body)):  # NaN is encoded as null
            _mend(values, device, left_out)
            body = _encode(values)
        head = b'{"device_id":%b,"timestamp":"%b"' % (_encode(device), timestamp.encode())
        message_id = message_id or hashlib.blake2b(head + body, digest_size=8).hexdigest()
        return Reading(b'%b,"message_id":%b%b%b' % (head, _encode(message_id), b"," if values else b"", body[1:]))
    except (UnicodeEncodeError, TypeError) as error:  # JSON could not say it, so no queue could carry it
        raise InvalidTelemetryError("telemetry must be Unicode without lone surrogates") from error


def kept(key: Key, values: Telemetry) -> Reading:
    """The reading of a row that a store has of one: it was normalised before it was written, and is so again.

    Its properties are sorted by name, so that it has one form.
    """
    head, body = _encode(_Head(key.device_id, key.timestamp, key.message_id))[:-1], _encode_sorted(values)
    return Reading(b"%b%b%b" % (head, b"," if values else b"", body[1:]), (key, len(head), values))


def recognise(span: bytes, *, now: str) -> Reading:
    """The reading in the bytes of one JSON object from another cloud: as they are where they are in the normal form.

    The bytes are UTF-8. Raises InvalidTelemetryError.
    """
    found = _found_in(span)
    if found is not None:
        return Reading(span, found)
    flat, read = _decoded(span), _key_in(span)
    if read is not None and any(flat[name] != value for name, value in read[0].named.items()):
        raise InvalidTelemetryError("telemetry has a duplicate key")  # hops before may have read either of the two
    trace_id = flat.get("trace_id")
    reading = normalise(flat, now=now)
    return reading.traced(trace_id) if isinstance(trace_id, str) and is_trace_id(trace_id) else reading


def is_keyed(span: bytes) -> bool:
    """Whether an object begins as the normal form does: all that has to hold for what a queue brings back."""
    return _HEAD.match(span) is not None


def without_time(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A flat object of a device without its time, however its key is spelt."""
    return {name: value for name, value in flat.items() if _SPELLINGS.get(name.lower()) not in _TIME_KEYS}


def values_of(flat: Telemetry) -> Telemetry:
    """The properties of a flat object, without the reserved keys."""
    return {name: value for name, value in flat.items() if name not in RESERVED}


def _values_in(body: bytes) -> Telemetry:
    try:
        return _decode_values(body)
    except _NOT_JSON as error:
        _mend(_decoded(body), "", None)
        raise InvalidTelemetryError(f"properties must be scalars: {str(error)[:_ERROR_CHARACTERS]}") from error


def _key_in(span: bytes) -> tuple[Key, int] | None:
    """The key that an object begins with, and its length in bytes."""
    head = _HEAD.match(span)
    try:
        return None if head is None else (_decode_key(head[0] + b"}"), head.end())
    except _NOT_JSON:
        return None


def _found_in(span: bytes) -> tuple[Key, int, Telemetry] | None:
    """The key, its length and the properties in the normal form.

    None where `normalise` would change something, where a key comes twice with two values, and for ids with escapes.
    """
    try:
        values = _decode_values(span)
    except _NOT_JSON:
        return None
    take = values.pop
    device, stamp, message = take("device_id", ""), take("timestamp", ""), take("message_id", "")
    trace = take("trace_id", "")
    if not (type(device) is type(stamp) is type(message) is type(trace) is str):
        return None
    own = f',"trace_id":"{trace}"' if trace else ""
    head = f'{{"device_id":"{device}","timestamp":"{stamp}","message_id":"{message}"{own}'.encode()
    is_normal = (
        span.startswith(head)
        and span[len(head)] in b",}"
        and device != ""
        and 0 < len(message) <= MESSAGE_ID_CHARACTERS
        and (not trace or is_trace_id(trace))
        and values.keys().isdisjoint(_ALIASES)
        and (_familiar.issuperset(values) or not _respell(values))
        and EARLIEST <= stamp <= LATEST
        and is_canonical(stamp)
    )
    return (Key(device, stamp, message, trace), len(head), values) if is_normal else None


def _timestamp(stamp: Any) -> str:  # noqa: ANN401 - whatever a device sent
    try:
        return canonical(stamp)
    except ValueError as error:
        raise InvalidTelemetryError(f"timestamp: {error}") from error


def _respell(values: dict[str, Any]) -> bool:
    """Give keys of device and time their own spelling, whatever their case; returns whether there were any."""
    found = False
    for name in [each for each in values if each not in _familiar]:
        key = _SPELLINGS.get(str(name).lower())
        if key is not None:
            found, value = True, values.pop(name)
            if values.get(key) is None:
                values[key] = value
        elif len(_familiar) < _MOST_FAMILIAR and len(str(name)) <= MESSAGE_ID_CHARACTERS:
            _familiar.add(name)
    return found


def _take(values: dict[str, Any], found: Any, keys: Iterable[str]) -> Any:  # noqa: ANN401 - whatever a device sent
    """Remove every spelling of a key; the first one that is set counts, `found` before all."""
    for key in keys:
        value = values.pop(key, None)
        if found is None:
            found = value
    return found


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        return _decode(body)
    except _NOT_JSON as error:
        raise InvalidTelemetryError(f"not a flat JSON object: {str(error)[:_ERROR_CHARACTERS]}") from error


def _mend(values: dict[str, Any], device: str, left_out: list[str] | None) -> None:
    """Remove what is no value, and make a double of a whole number beyond 64 bits that has no more digits than one."""
    odd = [
        name
        for name, value in values.items()
        if (kind := type(value)) not in _SCALARS
        or (kind is int and not _LEAST <= value <= _MOST)
        or (kind is float and not math.isfinite(value))
    ]
    for name in odd:
        value = values[name]
        double = _as_double(value) if type(value) is int else None
        if double is not None:
            values[name] = double
            continue
        del values[name]
        if value is None:
            continue
        reason = f"property {str(name)[:60]!r} must be a scalar, found {_kind(value)}"
        if left_out is None or type(value) not in (int, float):
            raise InvalidTelemetryError(reason)
        left_out.append(f"{device}: {reason}")


def _as_double(number: int) -> float | None:
    """A whole number as the double that JavaScript would write so, None where the double has other digits."""
    try:
        double = float(number)
    except OverflowError:
        return None
    digits = repr(double).partition("e")[0].replace(".", "")  # the shortest that are this double; no other has them
    return double if double == number or digits.rstrip("0") == str(number).rstrip("0") else None


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case dict():
            return "an object"
        case list():
            return "a list"
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "an infinity, or a number beyond every double"
        case int() if not _LEAST <= value <= _MOST:
            return "a whole number beyond 64 bits"
        case int() | float():
            return "a number"
        case _:
            return type(value).__name__
