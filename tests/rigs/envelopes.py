"""Envelopes to send, and requests that carry them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tests.rigs.clock import START
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.tokens import HEADER

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TOKEN = "the-token"


def document(**changes: Any) -> dict[str, Any]:
    """An envelope as a dict that can be spoilt."""
    return {
        "source_cloud": "aws",
        "target_layer": "L2",
        "message_type": "telemetry",
        "timestamp": START,
        "payload": [{"device_id": "d", "temperature": 21.5}],
        "trace_id": TRACE,
        **changes,
    }


def body(**changes: Any) -> bytes:
    return msgspec.json.encode(document(**changes))


def request(content: bytes | None = None, *, token: str | None = TOKEN, **headers: str) -> Request:
    """A POST with the token; header names with ``_`` for ``-``."""
    named: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = named if token is None else {HEADER: token, **named}
    return Request("POST", "/endpoint", signed, body() if content is None else content)
