"""What surrounds a function: batches with one poisoned record, unforeseen errors, and reports that never fail."""

import msgspec
import pytest

from tests.rigs.envelopes import TRACE, body, request
from tests.rigs.error_sink import RigErrorSink, reporter
from twin2multicloud.domain.errors import FinalError, RetryableError, Severity, TwinError
from twin2multicloud.functions.triggers import Function


class Handler:
    """Keeps the batches it was handed; fails on those that hold a message called ``bad``."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], str]] = []

    def __call__(self, messages, trace_id):
        names = [message["name"] for message in messages]
        if "bad" in names:
            raise RetryableError("cannot do bad")
        self.batches.append((names, trace_id))


def record(*names: str, trace: str = TRACE) -> bytes:
    return body(payload=[{"name": name} for name in names], trace_id=trace)


def function(handler: Handler) -> tuple[Function, RigErrorSink]:
    errors = RigErrorSink()
    return Function(name="persister", reporter=reporter(errors), on_queue=handler), errors


def test_records_are_handled_as_one_batch():
    handler = Handler()
    run, errors = function(handler)
    assert run.run_records([record("a", "b"), record("c")]) == []
    assert handler.batches == [(["a", "b", "c"], TRACE)]
    assert errors.events == []


def test_a_poisoned_record_does_not_hold_up_the_others():
    handler = Handler()
    run, errors = function(handler)
    assert run.run_records([record("a"), record("bad"), record("c")]) == [1]
    assert handler.batches == [(["a"], TRACE), (["c"], TRACE)]
    assert set(errors.codes) == {"function-failed"}


def test_what_is_no_envelope_fails_alone_and_is_reported():
    handler = Handler()
    run, errors = function(handler)
    assert run.run_records([b"\xff", record("a"), "{}", record("b").decode()]) == [0, 2]
    assert handler.batches == [(["a", "b"], TRACE)]
    assert [(each.error_code, each.severity) for each in errors.events] == [("invalid-record", Severity.CRITICAL)] * 2


def test_a_single_record_that_fails_is_not_tried_twice():
    run, errors = function(Handler())
    assert run.run_records([record("bad")]) == [0]
    assert errors.codes == ["function-failed"]


def test_no_records_are_no_work():
    handler = Handler()
    assert function(handler)[0].run_records([]) == []
    assert handler.batches == []


def test_an_unforeseen_error_is_a_500_that_tells_nothing():
    def broken(_):
        raise ValueError("the secret is in here")

    errors = RigErrorSink()
    response = Function(name="ingestion", reporter=reporter(errors), on_http=broken).answer(request())
    assert response.status == 500
    assert b"secret" not in response.body
    assert errors.codes == ["function-failed"]


def test_a_function_without_the_trigger_says_so():
    plain = Function(name="persister", reporter=reporter(RigErrorSink()))
    assert plain.answer(request()).status == 404
    with pytest.raises(TwinError, match="persister"):
        plain.call({})


def test_a_native_call_raises_what_the_function_raises():
    def refusing(_):
        raise FinalError("no such device", 404)

    with pytest.raises(FinalError, match="no such device"):
        Function(name="hot-reader", reporter=reporter(RigErrorSink()), on_call=refusing).call({})


@pytest.mark.parametrize("raw", ["\ud800", {(1, 2): 3}, object(), float("nan"), 2**70, b"\xff", {"t": {"t": []}}])
def test_a_report_is_made_of_anything(raw):
    errors = RigErrorSink()
    reporter(errors).report(Severity.INFO, "code", "message", raw=raw)
    assert errors.events[0].raw_data
    assert msgspec.json.encode(errors.events[0])


def test_a_report_cuts_what_it_is_about():
    errors = RigErrorSink()
    reporter(errors).report(Severity.INFO, "code", "message", raw="x" * 100_000)
    assert len(errors.events[0].raw_data) == 4_000


def test_a_report_says_which_twin_cloud_and_component():
    errors = RigErrorSink()
    reporter(errors, component="connector").report(Severity.CRITICAL, "code", "message")
    (event,) = errors.events
    assert (event.twin_id, event.cloud_provider, event.component, event.raw_data) == ("house", "aws", "connector", "")
    assert event.timestamp == "2026-01-15T10:30:00.000Z"


def test_what_a_native_call_did_not_foresee_is_reported_and_a_refusal_is_not():
    def unforeseen(asked):
        raise KeyError("surprise")

    def refusing(asked):
        raise FinalError("no such device")

    for handler, raised, codes in ((unforeseen, KeyError, ["function-failed"]), (refusing, FinalError, [])):
        errors = RigErrorSink()
        with pytest.raises(raised):
            Function(name="hot-reader", reporter=reporter(errors), on_call=handler).call({})
        assert errors.codes == codes
