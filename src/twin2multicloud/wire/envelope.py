"""The envelope: what messages travel in between clouds. Owns its shape, encoding and decoding."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Cloud, Slot, parse_cloud
from twin2multicloud.domain.telemetry import is_trace_id
from twin2multicloud.domain.timestamps import canonical, is_canonical
from twin2multicloud.ports.clock import Chance
from twin2multicloud.wire.limits import MAX_BODY_BYTES, MAX_MESSAGES


class MessageType(StrEnum):
    """What a payload is."""

    TELEMETRY = "telemetry"
    EVENT = "event"
    COMMAND = "command"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Messages on their way. A batch has a list as its payload; one message is a batch of one.

    `trace_id` is a W3C trace id (32 hex digits, not all zero). A message with a trace of its own (see `merge`) holds
    it under ``trace_id``.
    """

    source_cloud: Cloud
    target_layer: Slot
    message_type: MessageType
    timestamp: str
    payload: msgspec.Raw
    trace_id: str

    @cached_property
    def is_batch(self) -> bool:
        """Whether the payload is a list."""
        return bytes(memoryview(self.payload)[:1]) == b"["

    @cached_property
    def messages(self) -> list[bytes]:
        """The payload as a batch of encoded JSON objects."""
        return [bytes(message) for message in _decode_list(self.payload)] if self.is_batch else [bytes(self.payload)]


_decoder = msgspec.json.Decoder(Envelope)
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encoder = msgspec.json.Encoder()
_ERROR_CHARACTERS = 300  # of msgspec's own error; a sender's text may be in it


def encode(
    messages: Sequence[bytes],
    *,
    source_cloud: Cloud,
    target_layer: Slot,
    timestamp: str,
    trace_id: str,
    message_type: MessageType = MessageType.TELEMETRY,
) -> bytes:
    """An envelope around a batch of encoded messages, as JSON."""
    return _encoder.encode(
        Envelope(
            source_cloud=source_cloud,
            target_layer=target_layer,
            message_type=message_type,
            timestamp=timestamp,
            payload=msgspec.Raw(b"[%b]" % b",".join(messages)),
            trace_id=trace_id,
        )
    )


def decode(body: bytes | str) -> Envelope:
    """An envelope from JSON. Raises FinalError (400 or 413) whose text names what is wrong, or the limit."""
    if len(body) > MAX_BODY_BYTES:
        raise FinalError(f"body is over the limit of {MAX_BODY_BYTES} bytes", 413)
    envelope = _decode_json(body)
    messages = envelope.messages
    if not messages:
        raise FinalError("payload is an empty list; a batch has at least one message", 400)
    if len(messages) > MAX_MESSAGES:
        raise FinalError(f"payload holds {len(messages)} messages, the limit is {MAX_MESSAGES}", 413)
    if not all(message.startswith(b"{") for message in messages):
        raise FinalError("invalid envelope: payload must be a JSON object or a list of them", 400)
    if not is_trace_id(envelope.trace_id):
        raise FinalError("trace_id must be a W3C trace id: 32 lower-case hex digits, not all zero", 400)
    cloud = _cloud(envelope.source_cloud)
    if cloud == envelope.source_cloud and is_canonical(envelope.timestamp):
        return envelope
    return msgspec.structs.replace(envelope, source_cloud=cloud, timestamp=_timestamp(envelope.timestamp))


def _decode_json(body: bytes | str) -> Envelope:
    try:
        if isinstance(body, bytes):
            body.decode()  # a payload's bytes are passed on as they are
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise FinalError(f"invalid envelope: {str(error)[:_ERROR_CHARACTERS]}", 400) from error
    except RecursionError as error:
        raise FinalError("body is nested too deep", 400) from error
    except UnicodeError as error:
        raise FinalError("body is not UTF-8", 400) from error
    except msgspec.DecodeError as error:
        raise FinalError(_malformed(body, error), 400) from error


def _malformed(body: bytes | str, error: msgspec.DecodeError) -> str:
    text = body.encode() if isinstance(body, str) else body
    if b"NaN" in text or b"Infinity" in text:
        return "NaN and Infinity are not JSON numbers"
    return f"body is not JSON: {error}"


def _cloud(word: str) -> Cloud:
    try:
        return parse_cloud(word)
    except ValueError as error:
        raise FinalError(f"invalid envelope: source_cloud: {error}", 400) from error


def _timestamp(text: str) -> str:
    try:
        return canonical(text)
    except ValueError as error:
        raise FinalError("envelope's timestamp is not ISO 8601", 400) from error


def new_trace_id(chance: Chance) -> str:
    """A random W3C trace id."""
    return f"{chance.getrandbits(128) or 1:032x}"
