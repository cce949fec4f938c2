"""The Things Stack v3 uplinks: the decoded payload at the time at which the network received it."""

from collections.abc import Iterator

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import Frame, json_of, object_of


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame; paths start in ``decoded_payload``, others (``$.uplink_message.f_cnt``) at the message."""
    message = object_of(json_of(body), "an uplink")
    uplink = object_of(message.get("uplink_message"), "uplink_message")
    if "decoded_payload" not in uplink:
        raise InvalidTelemetryError("uplink_message has no decoded_payload; give the device a payload formatter")
    values = object_of(uplink["decoded_payload"], "uplink_message.decoded_payload")
    yield Frame(uplink.get("received_at") or message.get("received_at"), values, message)
