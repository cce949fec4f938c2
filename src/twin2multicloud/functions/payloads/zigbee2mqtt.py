"""Zigbee2MQTT's state messages: flat values, nested extras, ``last_seen`` as ISO 8601 or an epoch in ms."""

from collections.abc import Iterator

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.functions.payloads.frame import Frame, json_of, object_of


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame."""
    message = object_of(json_of(body), "a Zigbee2MQTT message")
    values = {key: value for key, value in message.items() if key != "last_seen"}
    yield Frame(message.get("last_seen"), values, message)
