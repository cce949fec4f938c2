"""The dispatcher: telemetry goes to the processor's name, the rest to L1's dead letters; neither stops the other."""

import json

import pytest

from tests.rigs.chance import RigChance
from tests.rigs.clock import START, RigClock
from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.invoker import RigInvoker
from twin2multicloud.domain.errors import RetryableError, Severity
from twin2multicloud.domain.telemetry import is_trace_id
from twin2multicloud.functions.acquisition.dispatcher import Dispatcher
from twin2multicloud.functions.triggers import RawReading
from twin2multicloud.functions.writers import QueueWriter
from twin2multicloud.ports.dead_letters import Unread


def published(payload: object, device_id: str | None = None, received_at: str | None = None) -> RawReading:
    return RawReading(json.dumps(payload).encode(), device_id, received_at)


class Bench:
    def __init__(self) -> None:
        self.invoker, self.errors, self.dead_letters = RigInvoker(), RigErrorSink(), RigDeadLetters()
        self.dispatch = Dispatcher(
            writer=QueueWriter(self.invoker, "house-processor"),
            dead_letters=self.dead_letters,
            reporter=reporter(self.errors),
            twin="house",
            clock=RigClock(),
            chance=RigChance(),
        )

    @property
    def kept(self) -> list[tuple[Unread, str]]:
        return [(letter.message, letter.error) for letter in self.dead_letters.letters]

    @property
    def batches(self):
        return self.invoker.batches("house-processor")


def test_readings_go_out_as_one_batch_with_one_new_trace():
    bench = Bench()
    assert bench.dispatch([published({"t": number}, f"d{number}") for number in range(3)]) == 0
    ((trace_id, messages),) = bench.batches
    assert is_trace_id(trace_id)
    assert [(each["device_id"], each["t"], each["timestamp"]) for each in messages] == [
        (f"d{number}", number, START) for number in range(3)
    ]


def test_a_gateways_list_is_many_readings():
    bench = Bench()
    bench.dispatch([published([{"device_id": "a"}, {"device_id": "b"}]), published({"device_id": "c"})])
    assert [each["device_id"] for each in bench.invoker.messages("house-processor")] == ["a", "b", "c"]


def test_the_clouds_own_stamp_stands_in_for_a_missing_time_only():
    bench = Bench()
    stamp = "2020-01-01T00:00:00.000Z"
    bench.dispatch([published({"device_id": "d"}, None, stamp), published({"device_id": "d", "ts": 0}, None, stamp)])
    assert [each["timestamp"] for each in bench.invoker.messages("house-processor")] == [
        stamp,
        "1970-01-01T00:00:00.000Z",
    ]


@pytest.mark.parametrize(
    "payload", [None, 5, "x", {"t": 1}, {"device_id": "d", "t": {}}, {"device_id": "d", "t": "\ud800"}, [[]]]
)
def test_what_is_no_telemetry_is_reported_with_its_content_and_the_rest_goes_on(payload):
    bench = Bench()
    assert bench.dispatch([published(payload), published({"device_id": "good"})]) == 1
    assert [each["device_id"] for each in bench.invoker.messages("house-processor")] == ["good"]
    (event,) = bench.errors.events
    assert (event.error_code, event.severity, event.component) == ("invalid-telemetry", Severity.WARNING, "dispatcher")
    assert event.raw_data or payload is None


STAMP = "2020-01-01T00:00:00.000Z"
TOPIC = "dt/house/d/telemetry"


@pytest.mark.parametrize(
    "body", [b"hello", b"", b"\xff\x00", b'{"t":NaN}', b'{"t": {"a": 1}}', b"7", b'"x"', b"[]]"], ids=repr
)
def test_what_is_refused_is_kept_as_it_came_with_topic_time_and_reason(body):
    bench = Bench()
    assert bench.dispatch([RawReading(body, "d", STAMP)]) == 1
    ((message, reason),) = bench.kept
    assert message == Unread(body, TOPIC, "d", STAMP)
    assert reason
    assert reason in bench.errors.events[0].message


def test_of_a_list_the_readings_that_failed_are_kept_alone_to_the_byte():
    bench = Bench()
    bench.dispatch([RawReading(b'[ {"n":1}, {"n" : {"deep":1.0}} ,7 , {"n":2}]', "d")])
    assert [message for message, _ in bench.kept] == [
        Unread(each, TOPIC, "d", START) for each in (b'{"n" : {"deep":1.0}}', b"7")
    ]
    assert [each["n"] for each in bench.invoker.messages("house-processor")] == [1, 2]


def test_what_is_too_large_for_the_queue_is_kept_too():
    bench = Bench()
    bench.invoker.refuses = lambda message: message["n"] == 1
    assert bench.dispatch([published([{"n": 0}, {"n": 1}], "d")]) == 1
    ((message, reason),) = bench.kept
    assert (json.loads(message.body)["n"], reason) == (1, "a message is over the limit of one record")
    assert bench.errors.codes == ["reading-too-large"]


def test_where_the_dead_letters_are_dark_the_publish_comes_again_and_nothing_is_reported():
    bench = Bench()
    bench.dead_letters.down = True
    with pytest.raises(RetryableError):
        bench.dispatch([RawReading(b"hello", "d")])
    assert bench.errors.events == []


def test_where_all_are_invalid_nothing_is_invoked():
    bench = Bench()
    assert bench.dispatch([RawReading(b"\xff\xfe", "d")]) == 1
    assert bench.batches == []
    assert bench.errors.events[0].raw_data == r"b'\xff\xfe'"


def test_a_dark_queue_is_the_callers_to_retry():
    bench = Bench()
    bench.invoker.down = True
    with pytest.raises(RetryableError):
        bench.dispatch([published({"device_id": "d"})])


def test_a_gateways_list_of_thousands_fits_the_wire():
    bench = Bench()
    bench.dispatch([published([{"n": number} for number in range(2_500)], "gateway")])
    assert [each["n"] for each in bench.invoker.messages("house-processor")] == list(range(2_500))
    assert len({trace for trace, _ in bench.batches}) == 1


def test_invalid_readings_of_one_publish_are_one_event_with_the_first_places():
    bench = Bench()
    assert bench.dispatch([published([{"n": 1}, [], {"n": 2}, 7, [], []], "d"), published("other", "d")]) == 5
    assert [each["n"] for each in bench.invoker.messages("house-processor")] == [1, 2]
    of_the_list, of_the_other = bench.errors.events
    assert (of_the_list.count, of_the_other.count) == (4, 1)
    assert "4 readings of one publish are invalid: reading 1: " in of_the_list.message
    assert "; reading 3: " in of_the_list.message
    assert "; reading 4: " in of_the_list.message
    assert of_the_list.message.endswith("; …")
    assert len(of_the_list.message) < 500


@pytest.mark.parametrize("body", [b"[" + b"[]," * 83_000 + b"[]]", b"[" + b"1," * 130_000 + b"1]"])
def test_a_publish_of_too_many_elements_is_one_refusal(body):
    bench = Bench()
    assert bench.dispatch([RawReading(body, "d"), published({"n": 1}, "d")]) == 1
    assert [each["n"] for each in bench.invoker.messages("house-processor")] == [1]
    (event,) = bench.errors.events
    assert event.count == 1
    assert f"{body.count(b',') + 1:,} readings in one publish, the limit is 5,000" in event.message
    assert len(event.raw_data) <= 4_000
