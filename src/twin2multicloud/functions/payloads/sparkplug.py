"""Sparkplug B payloads, in JSON as Eclipse Tahu's tools write it, and in protocol buffers as devices send it."""

from collections.abc import Iterator, Mapping
from typing import Any

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import Frame, json_of, kind, object_of
from twin2multicloud.functions.payloads.sparkplug_protobuf import payload_of


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame per time of a metric; a metric without one has the payload's."""
    message = object_of(json_of(body) if body.lstrip()[:1] == b"{" else payload_of(body), "a Sparkplug payload")
    metrics = message.get("metrics", [])
    if not isinstance(metrics, list):
        raise InvalidTelemetryError("metrics must be a list")
    times: dict[Any, dict[str, Any]] = {}
    for number, each in enumerate(metrics):
        metric = object_of(each, f"metric {number}")
        time = metric.get("timestamp", message.get("timestamp"))
        if isinstance(time, dict | list):
            raise InvalidTelemetryError(f"metric {number}: timestamp must be a number, found {kind(time)}")
        times.setdefault(time, {})[_name(metric, number)] = None if metric.get("is_null") else metric.get("value")
    yield from (Frame(time, values, message) for time, values in times.items())


def _name(metric: Mapping[str, Any], number: int) -> str:
    name = metric.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidTelemetryError(
            f"metric {number} has the alias {metric.get('alias')} and no name; birth messages, which declare aliases, "
            "are not kept: let the device send names"
        )
    return name
