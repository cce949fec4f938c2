"""Tasmota's telemetry (``tele/<topic>/SENSOR``, ``STATE``): values nested by sensor, local time."""

from collections.abc import Iterator

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.functions.payloads.frame import Frame, json_of, object_of
from twin2multicloud.functions.payloads.local_time import in_utc

_CLOCK_NOT_SET = "1970"


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame. Before the plug knows the time it says 1970: then the time of arrival counts."""
    message = object_of(json_of(body), "a Tasmota message")
    values = {key: value for key, value in message.items() if key != "Time"}
    time = message.get("Time")
    if isinstance(time, str):
        time = None if time.startswith(_CLOCK_NOT_SET) else in_utc(time, payload.local_time, now)
    yield Frame(time, values, message)
