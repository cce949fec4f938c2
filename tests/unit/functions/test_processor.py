"""The processor: the user's code may change, drop, fail or talk nonsense, and each reading stands alone."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.clouds import AZURE
from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.invoker import RigInvoker
from tests.rigs.ports import RigPorts
from tests.rigs.readings import reading as rig_reading
from tests.rigs.twins import CATALOG
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import RetryableError, Severity
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.declared_types import DeclaredTypes
from twin2multicloud.functions.processing.processor import Processor
from twin2multicloud.functions.wiring import wire
from twin2multicloud.functions.writers import QueueWriter, Undeliverable
from twin2multicloud.stores.queue_records import Records


class Bench:
    def __init__(self, process=None, queues=("persister",)) -> None:
        self.invoker, self.errors, self.dead_letters = RigInvoker(), RigErrorSink(), RigDeadLetters()
        reports = reporter(self.errors, component="processor")
        self.process = Processor(
            find_processor=lambda _: process,
            writers=[QueueWriter(self.invoker, queue) for queue in queues],
            undeliverable=Undeliverable(self.dead_letters, reports, ErrorCode.PROCESSOR_FAILED),
            types=DeclaredTypes(CATALOG, reports, RigClock()),
            clock=RigClock(),
        )

    @property
    def done(self):
        return self.invoker.messages("persister")


def flat(number: int = 0, **more) -> dict:
    return {
        "device_id": f"d{number}",
        "timestamp": "2026-01-15T10:30:00.000Z",
        "message_id": f"m{number}",
        "n": number,
        **more,
    }


def reading(number: int = 0, **more) -> Reading:
    return rig_reading(flat(number, **more))


def test_without_user_code_a_reading_goes_on_as_it_is():
    bench = Bench()
    bench.process([reading(0), reading(1, trace_id="b" * 32)], TRACE)
    assert bench.invoker.batches("persister") == [(TRACE, [flat(0), flat(1, trace_id="b" * 32)])]


def test_results_go_to_every_queue():
    bench = Bench(queues=("persister", "event-checker"))
    bench.process([reading()], TRACE)
    assert bench.invoker.messages("event-checker") == bench.done == [flat()]


def test_user_code_sees_a_copy_and_its_result_goes_on():
    def process(telemetry):
        telemetry["n"] += 1
        return telemetry

    bench, original = Bench(process), reading()
    bench.process([original], TRACE)
    assert bench.done == [flat(0, n=1)]
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
    assert (bench.dead_letters.letters, bench.errors.events) == ([], [])


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
        (lambda telemetry: {**telemetry, "t": {}}, "found an object"),
        (lambda telemetry: {**telemetry, "t": "\ud800"}, "surrogates"),
        (lambda telemetry: {**telemetry, (1, 2): 3}, "must be Unicode"),
        (lambda telemetry: {**telemetry, "timestamp": "noon"}, "ISO 8601"),
        (lambda telemetry: {**telemetry, "device_id": 5}, "device_id"),
    ],
)
def test_a_reading_on_which_user_code_fails_is_dead_lettered_as_it_came_and_the_others_go_on(user_code, why):
    bench = Bench(lambda telemetry: user_code(telemetry) if telemetry["n"] == 1 else telemetry)
    bench.process([reading(number) for number in range(3)], TRACE)
    assert [each["n"] for each in bench.done] == [0, 2]
    (letter,) = bench.dead_letters.letters
    assert letter.message == reading(1, trace_id=TRACE)  # as it came, and with the trace that its batch had
    assert why in letter.error
    (event,) = bench.errors.events
    assert (event.error_code, event.severity) == ("processor-failed", Severity.CRITICAL)
    assert '"m1"' in event.raw_data


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Gone(BaseException):
    pass


class Trap(dict):
    def __iter__(self):
        raise RuntimeError("nothing to see")

    keys = items = __iter__


def raises(error: BaseException):
    def process(_):
        raise error

    return process


SPOILT = [
    raises(MuteError()),
    raises(ValueError("half a pair: \ud800")),
    raises(ValueError("x" * 5_000_000)),
    raises(RecursionError()),
    raises(SystemExit(1)),
    raises(Gone()),
    lambda telemetry: {**telemetry, "t": {1, 2}},
    lambda telemetry: {**telemetry, "t": {}},
    lambda telemetry: {**telemetry, "t": "\ud800"},
    lambda telemetry: {**telemetry, "\ud800": 1},
    lambda telemetry: {**telemetry, "t": 1j},
    lambda telemetry: {**telemetry, "text": "x" * 5_000_000},
    lambda telemetry: Trap(telemetry),
]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_one_spoilt_result_in_eight_hundred_takes_no_other_reading_along(spoilt):
    """Through the function, with queues that hold encoded records, as eight batches of a hundred."""

    def process(telemetry):
        return spoilt(telemetry) if telemetry["n"] == 401 else telemetry

    ports = RigPorts(find_processor=lambda _: process)
    env = {"CLOUD": "aws", "TWIN_NAME": "house", "PERSISTER_QUEUE": "persister", "DEAD_LETTER_QUEUE": "dead"}
    processor = wire("processor", env, ports)
    readings = [reading(number) for number in range(800)]
    for start in range(0, 800, 100):
        ports.invoker.invoke("processor", readings[start : start + 100], TRACE)
    assert processor.run(Trigger.QUEUE, ports.invoker.queues["processor"]) == []
    assert [each["n"] for each in ports.invoker.messages("persister")] == [n for n in range(800) if n != 401]
    (dead,) = ports.dead_letters("dead").letters
    assert dead.message == reading(401, trace_id=TRACE)
    assert len(Records(AZURE, RigClock(), RigChance(), 4_096).of_dead_letters([dead])) == 1
    (event,) = ports.errors.events
    assert (event.error_code, event.count) == ("processor-failed", 1)
    assert msgspec.json.encode(event)


def test_ctrl_c_is_not_user_codes_business():
    with pytest.raises(KeyboardInterrupt):
        Bench(raises(KeyboardInterrupt())).process([reading()], TRACE)


def test_dead_letters_that_cannot_be_kept_fail_the_batch_before_anything_goes_on():
    bench = Bench(raising)
    bench.dead_letters.down = True
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
    lettered = [letter.message.key.message_id for letter in bench.dead_letters.letters]
    assert len(dropped) + len(lettered) + len(bench.done) == len(results)
