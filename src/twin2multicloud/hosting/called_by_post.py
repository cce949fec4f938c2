"""A native call from its caller's side, where a cloud can call a function by HTTP only: one POST, JSON both ways.

The counterpart of `native_call` and of a reader's endpoint. Owns what an answer means; who signs in how is each
cloud's own. An answer of ours says ``{"status": "refused", "error": …}``, so that a 404 of the function (no such
device) is told from one of the platform (no such function).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire.retry import parse_retry_after
from twin2multicloud.wire.tokens import HEADER

TIMEOUT = 30.0
"""Seconds: a function that sleeps is up in a few, and a reader's answer is one page."""

_MAY_PASS = frozenset({408, 429})
_NOT_FOR_THIS_CALLER = frozenset({401, 403})


class _Refusal(msgspec.Struct):
    status: str
    error: str


def token_header(text: str) -> dict[str, str]:
    """How to sign in at an endpoint. The secret's text is two tokens during a rotation; the first is sent."""
    return {HEADER: text.split(",")[0].strip()}


def post(transport: Transport, url: str, headers: Mapping[str, str], function: str, asked: object) -> dict[str, Any]:
    """Call a function by its URL, signed in by `headers`. Raises as `ports.invocation.Invocation.call` does."""
    body = msgspec.json.encode(asked)
    reply = transport.post(url, {"content-type": "application/json", **headers}, body, TIMEOUT)
    if reply.status != 200:
        raise _refused(function, reply)
    try:
        answer: dict[str, Any] = msgspec.json.decode(reply.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RetryableError(f"{function}: what answers is no function of ours, or not yet") from error
    return answer


def _refused(function: str, reply: Reply) -> TwinError:
    sentence = _own_sentence(reply)
    said = f"{function}: {sentence or f'the cloud answered {reply.status}'}"
    if reply.status in _MAY_PASS or reply.status >= 500:
        return RetryableError(said, parse_retry_after(reply.headers.get("retry-after")))
    if reply.status in _NOT_FOR_THIS_CALLER:
        return ConfigurationError(f"{said}: you may not call it")
    if reply.status == 404 and sentence is None:
        return ConfigurationError(f"{said}: no such function is there")
    return FinalError(said, reply.status)


def _own_sentence(reply: Reply) -> str | None:
    try:
        found = msgspec.json.decode(reply.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found.error if found.status == "refused" else None
