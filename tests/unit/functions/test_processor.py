"""The processor: the user's code may change, drop, fail or talk nonsense, and each reading stands alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clock import RigClock
from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.invoker import RigInvoker
from twin2multicloud.domain.errors import RetryableError, Severity
from twin2multicloud.functions.processing.processor import Processor


class Bench:
    def __init__(self, process=None, queues=("persister",)) -> None:
        self.invoker, self.errors, self.letters = RigInvoker(), RigErrorSink(), RigDeadLetters()
        self.process = Processor(
            find_processor=lambda _: process,
            invoker=self.invoker,
            queues=queues,
            dead_letters=self.letters,
            reporter=reporter(self.errors, component="processor"),
            clock=RigClock(),
        )

    @property
    def done(self):
        return self.invoker.messages("persister")


def reading(number: int = 0, **more) -> dict:
    return {
        "device_id": f"d{number}",
        "timestamp": "2026-01-15T10:30:00.000Z",
        "message_id": f"m{number}",
        "n": number,
        **more,
    }


def test_without_user_code_a_reading_goes_on_as_it_is():
    bench = Bench()
    bench.process([reading(0), reading(1, trace_id="b" * 32)], TRACE)
    assert bench.invoker.batches("persister") == [(TRACE, [reading(0), reading(1, trace_id="b" * 32)])]


def test_results_go_to_every_queue():
    bench = Bench(queues=("persister", "event-checker"))
    bench.process([reading()], TRACE)
    assert bench.invoker.messages("event-checker") == bench.done == [reading()]


def test_user_code_sees_a_copy_and_its_result_goes_on():
    def process(telemetry):
        telemetry["n"] += 1
        return telemetry

    bench, original = Bench(process), reading()
    bench.process([original], TRACE)
    assert bench.done == [reading(0, n=1)]
    assert original == reading()


def test_what_user_code_leaves_out_of_the_reserved_keys_is_as_it_was():
    bench = Bench(lambda telemetry: {"kelvin": 294.65})
    bench.process([reading(trace_id="b" * 32)], TRACE)
    (done,) = bench.done
    assert (done["device_id"], done["timestamp"], done["message_id"], done["trace_id"]) == (
        *("d0", "2026-01-15T10:30:00.000Z", "m0", "b" * 32),
    )
    assert "n" not in done


def test_none_drops_the_reading():
    bench = Bench(lambda telemetry: None if telemetry["n"] % 2 else telemetry)
    bench.process([reading(number) for number in range(4)], TRACE)
    assert [each["n"] for each in bench.done] == [0, 2]
    assert (bench.letters.letters, bench.errors.events) == ([], [])


def test_where_all_are_dropped_nothing_is_invoked():
    bench = Bench(lambda _: None)
    bench.process([reading()], TRACE)
    assert bench.invoker.queues == {}


def raising(_):
    raise ZeroDivisionError("by zero")


@pytest.mark.parametrize(
    ("user_code", "why"),
    [
        (raising, "ZeroDivisionError: by zero"),
        (lambda _: 5, "returned int"),
        (lambda _: [], "returned list"),
        (lambda _: "x", "returned str"),
        (lambda telemetry: {**telemetry, "t": None}, "found null"),
        (lambda telemetry: {**telemetry, "t": float("nan")}, "NaN"),
        (lambda telemetry: {**telemetry, "t": 2**70}, "64 bits"),
        (lambda telemetry: {**telemetry, "t": {}}, "found an object"),
        (lambda telemetry: {**telemetry, "t": "\ud800"}, "surrogates"),
        (lambda telemetry: {**telemetry, (1, 2): 3}, "names and texts"),
        (lambda telemetry: {**telemetry, "timestamp": "noon"}, "ISO 8601"),
        (lambda telemetry: {**telemetry, "device_id": 5}, "device_id"),
    ],
)
def test_a_reading_on_which_user_code_fails_is_dead_lettered_as_it_came_and_the_others_go_on(user_code, why):
    bench = Bench(lambda telemetry: user_code(telemetry) if telemetry["n"] == 1 else telemetry)
    bench.process([reading(number) for number in range(3)], TRACE)
    assert [each["n"] for each in bench.done] == [0, 2]
    (letter,) = bench.letters.letters
    assert letter.message == reading(1, trace_id=TRACE)  # as it came, and with the trace that its batch had
    assert why in letter.error
    (event,) = bench.errors.events
    assert (event.error_code, event.severity) == ("processor-failed", Severity.CRITICAL)
    assert '"m1"' in event.raw_data


def test_dead_letters_that_cannot_be_kept_fail_the_batch_before_anything_goes_on():
    bench = Bench(raising)
    bench.letters.down = True
    with pytest.raises(RetryableError):
        bench.process([reading()], TRACE)
    assert bench.done == []


SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary()
RESULT = SCALAR | st.lists(SCALAR) | st.dictionaries(st.text() | st.integers() | st.none(), SCALAR, max_size=3)


@given(st.lists(RESULT, min_size=1, max_size=6))
def test_whatever_user_code_returns_each_reading_is_done_dropped_or_dead_lettered(results):
    bench = Bench(lambda telemetry: results[telemetry["n"]])
    bench.process([reading(number) for number in range(len(results))], TRACE)
    dropped = [f"m{number}" for number, result in enumerate(results) if result is None]
    lettered = [letter.message["message_id"] for letter in bench.letters.letters]
    assert len(dropped) + len(lettered) + len(bench.done) == len(results)
