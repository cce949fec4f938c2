"""One message that a queue never takes: the others go on, and it is reported, answered for or dead-lettered."""

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.invoker import RigInvoker
from twin2multicloud.functions.acquisition.dispatcher import Dispatcher
from twin2multicloud.functions.processing.processor import Processor
from twin2multicloud.functions.queueing import queue_each
from twin2multicloud.functions.readings import RawReading
from twin2multicloud.ports.telemetry_writer import ItemError


def reading(number: int) -> dict:
    stamp = f"2026-01-15T10:30:0{number}.000Z"
    return {"device_id": "sensor-1", "timestamp": stamp, "message_id": f"m{number}", "n": number}


def refusing(number: int) -> RigInvoker:
    invoker = RigInvoker()
    invoker.refuses = lambda message: message["n"] == number
    return invoker


def test_the_others_are_queued_and_the_refused_one_is_named() -> None:
    invoker = refusing(1)
    (refused,) = queue_each(invoker, "q", [reading(n) for n in range(3)], TRACE)
    assert isinstance(refused, ItemError)
    assert (refused.index, refused.final) == (1, True)
    assert [message["n"] for message in invoker.messages("q")] == [0, 2]


def test_a_dispatcher_reports_it_and_does_not_ask_for_the_batch_again() -> None:
    errors, invoker = RigErrorSink(), refusing(1)
    dispatch = Dispatcher(
        invoker=invoker, queue="q", reporter=reporter(errors, component="d"), clock=RigClock(), chance=RigChance()
    )
    assert dispatch([RawReading(reading(n)) for n in range(3)]) == 1
    assert [message["n"] for message in invoker.messages("q")] == [0, 2]
    assert [event.error_code for event in errors.events] == ["reading-too-large"]


def test_a_processor_dead_letters_it() -> None:
    errors, letters, invoker = RigErrorSink(), RigDeadLetters(), refusing(1)
    process = Processor(
        find_processor=lambda _: None,
        invoker=invoker,
        queues=["q"],
        dead_letters=letters,
        reporter=reporter(errors, component="p"),
        clock=RigClock(),
    )
    process([reading(n) for n in range(3)], TRACE)
    assert [letter.message["n"] for letter in letters.letters] == [1]
    assert [message["n"] for message in invoker.messages("q")] == [0, 2]
