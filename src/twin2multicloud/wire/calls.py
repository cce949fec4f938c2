"""Calls over HTTP: the JSON call (POST, a JSON object each way) from both sides, and what an error is as an answer.

A function that refuses a request answers ``{"status": "refused", "error": …}``, so that its own 404 (no such device) is
told from the platform's (no such function). Owns no sign-in: the caller brings a token, a function key or a role.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire.http import Request, Response, json_response, may_pass, refused, retry_later
from twin2multicloud.wire.receiver import admit, read_body
from twin2multicloud.wire.retry import parse_retry_after
from twin2multicloud.wire.tokens import HEADER

Call = Callable[[Mapping[str, Any]], Mapping[str, Any]]

TIMEOUT = 30.0
"""Seconds: a function that sleeps is up in a few, and a reader's answer is one page."""


# --- the server's side ---------------------------------------------------------------------------------------------


def refusal(error: TwinError) -> Response:
    """An error as the answer to a request: 503 where the caller may try again, else the error's status or 400."""
    if isinstance(error, RetryableError):
        return retry_later(str(error), error.retry_after)
    return refused((error.status if isinstance(error, FinalError) else None) or 400, str(error))


def serve(call: Call, request: Request) -> Response:
    """Answer one POST by a call. Raises what the call raises, and FinalError for a body that is not a JSON object."""
    if request.method != "POST":
        return refused(405, f"a call is a POST, not {request.method[:10]}")
    try:
        arguments = msgspec.json.decode(read_body(request), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FinalError(f"body must be a JSON object: {error}", 400) from error
    return json_response(200, call(arguments))


def answer(call: Call, request: Request) -> Response:
    """`serve` with errors as answers, for callers that the platform has already let in (function key, invoker role)."""
    try:
        return serve(call, request)
    except TwinError as error:
        return refusal(error)


def endpoint(tokens: Sequence[str], call: Call) -> Callable[[Request], Response]:
    """A call behind its own URL, for callers with the token. Raises as `serve` does."""
    return lambda request: admit(request, tokens) or serve(call, request)


# --- the client's side ---------------------------------------------------------------------------------------------


def token_header(text: str) -> dict[str, str]:
    """How to sign in at an endpoint. The secret's text is two tokens during a rotation; the first is sent."""
    return {HEADER: text.split(",")[0].strip()}


def post(
    transport: Transport, url: str, headers: Mapping[str, str], function: str, arguments: object
) -> dict[str, Any]:
    """Call a function by its URL, signed in by `headers`. Raises as `ports.invocation.Invocation.call` does."""
    body = msgspec.json.encode(arguments)
    reply = transport.post(url, {"content-type": "application/json", **headers}, body, TIMEOUT)
    if reply.status != 200:
        raise _failure(function, reply)
    try:
        result: dict[str, Any] = msgspec.json.decode(reply.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RetryableError(f"{function}: the endpoint did not answer as a function of this twin") from error
    return result


class _Refusal(msgspec.Struct):
    status: str
    error: str


def _failure(function: str, reply: Reply) -> TwinError:
    sentence = _own_sentence(reply)
    message = f"{function}: {sentence or f'the cloud answered {reply.status}'}"
    if may_pass(reply.status):
        return RetryableError(message, parse_retry_after(reply.headers.get("retry-after")))
    if reply.status in (401, 403):
        return ConfigurationError(f"{message}: permission denied")
    if reply.status == 404 and sentence is None:
        return ConfigurationError(f"{message}: no such function")
    return FinalError(message, reply.status)


def _own_sentence(reply: Reply) -> str | None:
    try:
        answer = msgspec.json.decode(reply.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return answer.error if answer.status == "refused" else None
