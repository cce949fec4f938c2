"""Answering a POST from another cloud: token first, then limits, then the envelope, then the function's own work."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire import answers, envelope, tokens
from twin2multicloud.wire.compression import decompress
from twin2multicloud.wire.envelope import Envelope
from twin2multicloud.wire.http import Request, Response, json_response, refused
from twin2multicloud.wire.limits import MAX_BODY_BYTES

Handle = Callable[[Envelope], Sequence[ItemError]]


def admit(request: Request, expected: Sequence[str]) -> Response | None:
    """What to answer before reading a body: 401 without the token, health, 405; None to go on."""
    if not tokens.accepts(expected, request.headers):
        return refused(401, "the token is missing or wrong")
    if request.method == "GET" and request.path.endswith("/health"):
        return json_response(200, {"status": "ok"})
    if request.method != "POST":
        return refused(405, f"this endpoint takes POST, not {request.method[:10]}")
    return None


def read_body(request: Request) -> bytes:
    """The plain body within its limit. Raises FinalError (400, 413, 415)."""
    if len(request.body) > MAX_BODY_BYTES:
        raise FinalError(f"body is over the limit of {MAX_BODY_BYTES} bytes", 413)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "gzip":
        return decompress(request.body)
    if encoding in ("identity", ""):
        return request.body
    raise FinalError(f"content-encoding must be gzip or none, found {encoding[:40]!r}", 415)


def receive(request: Request, *, expected: Sequence[str], layer: Slot, handle: Handle) -> Response:
    """The whole exchange for one envelope. `handle` returns the messages that it did not take.

    Raises FinalError and RetryableError, which `wire.calls.refusal` makes answers of.
    """
    response = admit(request, expected)
    if response is not None:
        return response
    received = envelope.decode(read_body(request))
    if received.target_layer != layer:
        raise FinalError(f"this endpoint is {layer}, the envelope is for {received.target_layer}", 400)
    failed = handle(received)
    if failed and not received.is_batch:  # one message that failed is a failed request
        raise FinalError(failed[0].error, 400) if failed[0].final else RetryableError(failed[0].error)
    return answers.received(received.trace_id, failed)
