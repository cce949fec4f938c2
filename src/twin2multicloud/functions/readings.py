"""What a cloud hands to the dispatcher: a device's payload, and what the cloud itself knows of the sender."""

import base64

import msgspec


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
