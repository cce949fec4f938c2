"""The envelope's JSON Schema, made of the type that is encoded."""

import inspect
from typing import Any

import msgspec

from twin2multicloud.domain.placement import CLOUD_NAME
from twin2multicloud.domain.telemetry import TRACE_ID_PATTERN
from twin2multicloud.wire.envelope import Envelope
from twin2multicloud.wire.limits import MAX_MESSAGES


def envelope_schema() -> dict[str, Any]:
    """The envelope's JSON Schema (2020-12), from the type that is encoded; ``envelope.schema.json`` is its text."""
    schema = msgspec.json.schema(Envelope)
    schema["$defs"]["Envelope"]["description"] = inspect.cleandoc(Envelope.__doc__ or "")  # as Python 3.13 has it
    properties = schema["$defs"]["Envelope"]["properties"]
    properties["trace_id"]["pattern"] = f"^{TRACE_ID_PATTERN}$"
    properties["source_cloud"]["pattern"] = f"^{CLOUD_NAME.pattern}$"  # which clouds there are, only a planner knows
    properties["timestamp"]["format"] = "date-time"
    batch = {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": MAX_MESSAGES}
    properties["payload"] = {"anyOf": [{"type": "object"}, batch]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Twin2MultiCloud envelope",
        **schema,
    }
