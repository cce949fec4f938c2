"""What surrounds a function: batches with one poisoned record, unforeseen errors, and reports that never fail."""

import msgspec
import pytest

from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE, body, request
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.readings import flat, reading
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ConfigurationError, FinalError, OutageError, RetryableError, Severity
from twin2multicloud.functions.triggers import Function, QueueHandler
from twin2multicloud.ports.dead_letters import Unread


class Handler:
    """Keeps the batches it was handed; fails on those that hold a message called ``bad``."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], str]] = []

    def __call__(self, messages, trace_id):
        names = [message.flat["name"] for message in messages]
        if "bad" in names:
            raise RetryableError("cannot do bad")
        self.batches.append((names, trace_id))


def record(*names: str, trace: str = TRACE) -> bytes:
    return body(payload=[flat(reading({"device_id": "d", "name": name})) for name in names], trace_id=trace)


def function(handler: Handler, dead_letters: RigDeadLetters | None = None) -> tuple[Function, RigErrorSink]:
    errors = RigErrorSink()
    handlers = {Trigger.QUEUE: QueueHandler(handler, dead_letters or RigDeadLetters(), reporter(errors))}
    return Function(name="persister", reporter=reporter(errors), handlers=handlers), errors


def deliver(run: Function, *bodies: bytes | str) -> list[int]:
    return run.run(Trigger.QUEUE, bodies)


def test_records_are_handled_as_one_batch():
    handler = Handler()
    run, errors = function(handler)
    assert deliver(run, record("a", "b"), record("c")) == []
    assert handler.batches == [(["a", "b", "c"], TRACE)]
    assert errors.events == []


def test_a_poisoned_record_does_not_hold_up_the_others():
    handler = Handler()
    run, errors = function(handler)
    assert deliver(run, record("a"), record("bad"), record("c")) == [1]
    assert handler.batches == [(["a"], TRACE), (["c"], TRACE)]
    assert errors.codes == ["delivery-failed"]


def test_a_failed_batch_of_ten_is_one_event():
    run, errors = function(Handler())
    records = [record(f"good-{number}") for number in range(3)] + [record("bad", trace="b" * 32)] * 7
    assert deliver(run, *records) == list(range(3, 10))
    (event,) = errors.events
    assert (event.error_code, event.severity, event.count) == ("delivery-failed", Severity.WARNING, 7)
    assert (event.trace_id, event.dedupe_key) == ("b" * 32, "aws/dispatcher/delivery-failed/RetryableError")
    assert event.message == "RetryableError: cannot do bad"


def test_the_same_failure_later_has_the_same_key_and_another_one_has_not():
    run, errors = function(Handler())
    for _ in range(2):
        deliver(run, record("bad"))
    deliver(run, body(payload=[flat(reading({"device_id": "d", "no": "name"}))]))
    assert len({event.dedupe_key for event in errors.events}) == 2


def test_a_batch_that_only_fails_as_a_whole_is_no_event():
    def one_at_a_time(messages, trace_id):
        if len(messages) > 1:
            raise RetryableError("too many")

    run, errors = function(one_at_a_time)
    assert (deliver(run, record("a"), record("b")), errors.codes) == ([], [])


def test_what_is_no_record_is_dead_lettered_alone_as_it_is_and_reported():
    handler, dead_letters = Handler(), RigDeadLetters()
    run, errors = function(handler, dead_letters)
    assert deliver(run, b"\xff", record("a"), "{}", record("b").decode()) == []
    assert [letter.message for letter in dead_letters.letters] == [Unread(b"\xff"), Unread(b"{}")]
    assert handler.batches == [(["a", "b"], TRACE)]
    assert [(each.error_code, each.severity) for each in errors.events] == [("invalid-record", Severity.CRITICAL)]
    assert (errors.events[0].count, errors.events[0].raw_data) == (2, r"b'\xff'")


def test_where_the_dead_letters_are_dark_what_is_no_record_comes_again():
    dead_letters = RigDeadLetters()
    dead_letters.down = True
    run, _ = function(Handler(), dead_letters)
    with pytest.raises(RetryableError):
        deliver(run, b"\xff", record("a"))


def test_in_an_outage_the_batch_is_not_taken_apart_and_not_reported_twice():
    calls = 0

    def dark(_messages, _trace_id):
        nonlocal calls
        calls += 1
        raise OutageError("the other side is dark")

    run, errors = function(dark)
    assert deliver(run, record("a"), record("b")) == [0, 1]
    assert (calls, errors.codes) == (1, [])


def test_a_single_record_that_fails_is_not_tried_twice():
    run, errors = function(Handler())
    assert deliver(run, record("bad")) == [0]
    assert errors.codes == ["delivery-failed"]


def test_no_records_are_no_work():
    handler = Handler()
    assert deliver(function(handler)[0]) == []
    assert handler.batches == []


def test_an_unforeseen_error_is_a_500_that_tells_nothing():
    def broken(_):
        raise ValueError("the secret is in here")

    errors = RigErrorSink()
    function = Function(name="ingestion", reporter=reporter(errors), handlers={Trigger.HTTP: broken})
    response = function.run(Trigger.HTTP, request())
    assert response.status == 500
    assert b"secret" not in response.body
    assert errors.codes == ["function-failed"]


def test_a_function_without_the_trigger_says_so():
    plain = Function(name="persister", reporter=reporter(RigErrorSink()), handlers={})
    for trigger in Trigger:
        with pytest.raises(ConfigurationError, match=f"persister has no handler for trigger {trigger}"):
            plain.run(trigger)


@pytest.mark.parametrize(
    ("error", "status"), [(FinalError("no"), 400), (FinalError("no", 404), 404), (RetryableError("later", 7), 503)]
)
def test_over_http_an_error_raised_on_purpose_is_an_answer(error, status):
    def refusing(_):
        raise error

    errors = RigErrorSink()
    function = Function(name="ingestion", reporter=reporter(errors), handlers={Trigger.HTTP: refusing})
    response = function.run(Trigger.HTTP, request())
    assert (response.status, response.headers.get("retry-after")) == (status, "7" if status == 503 else None)
    assert errors.codes == []


@pytest.mark.parametrize("trigger", [Trigger.DEVICE, Trigger.SCHEDULE])
@pytest.mark.parametrize("error", [RetryableError("dark"), KeyError("surprise")])
def test_what_a_device_or_a_schedule_started_is_reported_and_raised(trigger, error):
    def failing(_):
        raise error

    errors = RigErrorSink()
    with pytest.raises(type(error)):
        Function(name="dispatcher", reporter=reporter(errors), handlers={trigger: failing}).run(trigger)
    assert errors.codes == ["delivery-failed"]


def test_a_native_call_raises_what_the_function_raises():
    def refusing(_):
        raise FinalError("no such device", 404)

    with pytest.raises(FinalError, match="no such device"):
        Function(name="hot-reader", reporter=reporter(RigErrorSink()), handlers={Trigger.CALL: refusing}).run(
            Trigger.CALL, {}
        )


@pytest.mark.parametrize("raw", ["\ud800", {(1, 2): 3}, object(), float("nan"), 2**70, b"\xff", {"t": {"t": []}}])
def test_a_report_is_made_of_anything(raw):
    errors = RigErrorSink()
    reporter(errors).report(ErrorCode.INVALID_TELEMETRY, "message \ud800", raw=raw)
    assert errors.events[0].raw_data
    assert msgspec.json.encode(errors.events[0])


def test_a_report_cuts_what_it_is_about():
    errors = RigErrorSink()
    reporter(errors).report(ErrorCode.INVALID_TELEMETRY, "message", raw="x" * 100_000)
    assert len(errors.events[0].raw_data) == 4_000


def test_a_report_says_which_twin_cloud_and_component():
    errors = RigErrorSink()
    reporter(errors, component="connector").report(ErrorCode.FUNCTION_FAILED, "message")
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
            Function(name="hot-reader", reporter=reporter(errors), handlers={Trigger.CALL: handler}).run(
                Trigger.CALL, {}
            )
        assert errors.codes == codes
