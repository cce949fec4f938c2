"""Shelly, generation 2 and later: ``NotifyStatus`` (``<id>/events/rpc``) and status (``<id>/status/switch:0``)."""

from collections.abc import Iterator

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import Frame, json_of, object_of

_STATUS = ("NotifyStatus", "NotifyFullStatus")
_SET_FROM = 1_000_000_000  # before it knows the time, a device counts seconds since it was switched on


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame: the components that a notification names, or the one component or device of a status."""
    message = object_of(json_of(body), "a Shelly message")
    method = message.get("method")
    if method is None:
        yield Frame(None, object_of(message.get("result", message), "result"), message)
        return
    if method not in _STATUS:
        raise InvalidTelemetryError(f"a Shelly message of method {str(method)[:60]!r}, expected NotifyStatus")
    params = object_of(message.get("params"), "params")
    time = params.get("ts")
    is_set = isinstance(time, int | float) and time >= _SET_FROM
    yield Frame(time if is_set else None, {key: component for key, component in params.items() if key != "ts"}, message)
