"""The receiver: the token before anything else, then limits, then the envelope, then the function's own work."""

import gzip

import msgspec
import pytest

from tests.rigs.envelopes import TOKEN, TRACE, body, request
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire.calls import refusal
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.limits import MAX_BODY_BYTES, MAX_MESSAGES
from twin2multicloud.wire.receiver import receive
from twin2multicloud.wire.tokens import HEADER


class Handler:
    """Keeps what it was handed, and does what it was told."""

    def __init__(self, *failed: ItemError, error: Exception | None = None) -> None:
        self.envelopes = []
        self._failed, self._error = failed, error

    def __call__(self, envelope):
        self.envelopes.append(envelope)
        if self._error is not None:
            raise self._error
        return list(self._failed)


def answer(asked: Request, handler: Handler | None = None, expected=(TOKEN,)) -> Response:
    try:
        return receive(asked, expected=expected, layer=Slot.L2, handle=handler or Handler())
    except (FinalError, RetryableError) as error:
        return refusal(error)


def said(response: Response) -> dict:
    return msgspec.json.decode(response.body)


def test_a_batch_is_handled_and_answered():
    handler = Handler()
    response = answer(request(), handler)
    assert (response.status, said(response)) == (200, {"status": "received", "id": TRACE})
    assert handler.envelopes[0].messages == [b'{"device_id":"d","temperature":21.5}']


def test_gzip_is_accepted():
    handler = Handler()
    assert answer(request(gzip.compress(body()), content_encoding="GZIP"), handler).status == 200
    assert handler.envelopes[0].trace_id == TRACE


@pytest.mark.parametrize("asked", [request(token=None), request(token="wrong"), request(token="")])
def test_without_the_token_nothing_is_read_or_handled(asked):
    handler = Handler()
    assert answer(asked, handler).status == 401
    assert handler.envelopes == []


def test_an_empty_expected_token_refuses_everyone():
    assert [answer(request(token=each), expected=("",)).status for each in (None, "", "x")] == [401, 401, 401]


@pytest.mark.parametrize(
    "spoilt",
    [
        Request("GET", "/health", {}, b""),
        Request("PUT", "/endpoint", {}, b""),
        Request("POST", "/endpoint", {"content-encoding": "br"}, b"no json"),
        Request("POST", "/endpoint", {}, b"x" * (MAX_BODY_BYTES + 1)),
        Request("POST", "/endpoint", {"content-encoding": "gzip"}, gzip.compress(b"\0" * 50_000_000)),
    ],
    ids=["health", "method", "encoding", "size", "bomb"],
)
def test_the_token_comes_before_everything(spoilt):
    assert answer(spoilt).status == 401
    signed = msgspec.structs.replace(spoilt, headers={HEADER: TOKEN, **spoilt.headers})
    assert answer(signed).status != 401


def test_health_answers_a_get():
    response = answer(Request("GET", "/x/health", {HEADER: TOKEN}, b""))
    assert (response.status, said(response)) == (200, {"status": "ok"})


def test_another_method_is_405():
    assert answer(Request("DELETE", "/endpoint", {HEADER: TOKEN}, b"")).status == 405


@pytest.mark.parametrize(
    ("asked", "status", "names"),
    [
        (request(b"x" * (MAX_BODY_BYTES + 1)), 413, str(MAX_BODY_BYTES)),
        (request(gzip.compress(b"x" * (MAX_BODY_BYTES + 1)), content_encoding="gzip"), 413, str(MAX_BODY_BYTES)),
        (request(b"no gzip", content_encoding="gzip"), 400, "gzip"),
        (request(content_encoding="br"), 415, "'br'"),
        (request(b"no json"), 400, "JSON"),
        (request(b"\xff\xfe"), 400, "UTF-8"),
        (request(body(payload=[{}] * (MAX_MESSAGES + 1))), 413, str(MAX_MESSAGES)),
        (request(body(target_layer="L3-hot")), 400, "L3-hot"),
    ],
    ids=["size", "inflated", "no-gzip", "encoding", "json", "bytes", "messages", "layer"],
)
def test_a_refusal_names_what_is_wrong_and_nothing_is_handled(asked, status, names):
    handler = Handler()
    response = answer(asked, handler)
    assert (response.status, handler.envelopes) == (status, [])
    assert said(response)["status"] == "refused"
    assert names in said(response)["error"]


def test_limits_come_before_the_envelope():
    assert answer(request(b"\xff" * (MAX_BODY_BYTES + 1))).status == 413


def test_what_was_not_taken_is_named_one_by_one():
    handler = Handler(ItemError(0, "no telemetry"), ItemError(2, "busy", final=False))
    response = answer(request(body(payload=[{}, {}, {}])), handler)
    assert response.status == 200
    assert said(response)["failed"] == [
        {"index": 0, "error": "no telemetry", "final": True},
        {"index": 2, "error": "busy"},
    ]


@pytest.mark.parametrize(("final", "status"), [(True, 400), (False, 503)])
def test_one_message_that_failed_is_a_failed_request(final, status):
    response = answer(request(body(payload={"device_id": "d"})), Handler(ItemError(0, "why", final=final)))
    assert (response.status, said(response)["error"]) == (status, "why")


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [
        (RetryableError("dark"), 503, None),
        (RetryableError("busy", retry_after=2.6), 503, "3"),
        (RetryableError("busy", retry_after=0.1), 503, "1"),
        (FinalError("never"), 400, None),
        (FinalError("too large", 413), 413, None),
    ],
)
def test_a_functions_error_becomes_an_answer(error, status, wait):
    response = answer(request(), Handler(error=error))
    assert (response.status, response.headers.get("retry-after"), said(response)["error"]) == (status, wait, str(error))
