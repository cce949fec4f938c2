"""ThingsBoard's telemetry: ``{k: v}``, ``{ts, values}``, lists of them, a gateway's ``{device: [{ts, values}]}``."""

from collections.abc import Iterator
from typing import Any

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.functions.payloads.frame import Frame, json_of, object_of


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame per time and device."""
    message = json_of(body)
    if isinstance(message, dict) and message and all(isinstance(records, list) for records in message.values()):
        for device, records in message.items():
            yield from (_frame(record, message, device) for record in records)
    else:
        yield from (_frame(record, message) for record in (message if isinstance(message, list) else [message]))


def _frame(record: Any, message: Any, device: str | None = None) -> Frame:  # noqa: ANN401 - whatever a device sent
    values = object_of(record, "telemetry")
    if "values" in values and values.keys() <= {"ts", "values"}:
        return Frame(values.get("ts"), object_of(values["values"], "values"), message, device)
    return Frame(None, values, message, device)
