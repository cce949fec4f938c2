"""Writers: one reading that is never taken does not keep the others, is named by its place, and debug logs the keys."""

import msgspec
import pytest

from tests.rigs.envelopes import TRACE
from tests.rigs.hot_store import MemoryTable, RigHotStore
from tests.rigs.invoker import RigInvoker
from tests.rigs.ports import RigPorts
from tests.rigs.readings import reading as rig_reading
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.twin import Mode
from twin2multicloud.functions.triggers import RawReading
from twin2multicloud.functions.wiring import wire
from twin2multicloud.functions.writers import QueueWriter, StoreWriter
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.stores.rows import NOTES
from twin2multicloud.stores.sorted_hot_store import SortedHotStore

ENV = {"CLOUD": "aws", "TWIN_NAME": "house", "PROCESSOR_QUEUE": "q", "DEVICE_DEAD_LETTERS_QUEUE": "letters"}


def published(number: int) -> dict:
    return {"device_id": "sensor-1", "timestamp": "2026-01-15T10:30:00.000Z", "message_id": f"m{number}", "n": number}


def reading(number: int) -> Reading:
    return rig_reading(published(number))


def refusing(*numbers: int) -> RigInvoker:
    invoker = RigInvoker()
    invoker.refuses = lambda message: message["n"] in numbers
    return invoker


@pytest.mark.parametrize("bad", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_a_queue_gets_the_others_and_each_refused_one_is_named(bad):
    invoker = refusing(*bad)
    refused = QueueWriter(invoker, "q").write_batch([reading(number) for number in range(3)], TRACE)
    assert refused == [ItemError(number, "a message is over the limit of one record") for number in bad]
    assert [message["n"] for message in invoker.messages("q")] == [number for number in range(3) if number not in bad]


def test_one_among_a_thousand_is_found_in_a_few_writes():
    store, writes = RigHotStore(), []
    store.refuses = lambda reading: reading["n"] == 700
    write = store.write
    store.write = lambda readings: (writes.append(len(readings)), write(readings))[1]  # type: ignore[method-assign]
    (refused,) = StoreWriter(store).write_batch([reading(number) for number in range(1_000)], TRACE)
    assert (refused.index, store.count()) == (700, 999)
    assert len(writes) < 25


@pytest.mark.parametrize("bad", ["1e400", "9223372036854775808", "null", "[]"])
def test_values_that_no_store_has_are_refused_alone(bad):
    """Nothing of ours queues such bytes; a record of somebody else's must not take its neighbours along."""
    table, head = MemoryTable(), reading(9).encoded.removesuffix(b'"n":9}')
    spoilt = Reading(head + b'"n":%b}' % bad.encode())
    (refused,) = StoreWriter(SortedHotStore(table)).write_batch([reading(0), spoilt, reading(1)], TRACE)
    assert (refused.index, refused.final) == (1, True)
    assert [key.message_id for key in table.rows["sensor-1"] if key.timestamp != NOTES] == ["m0", "m1"]


def test_a_dark_queue_is_the_callers_to_retry():
    invoker = RigInvoker()
    invoker.down = True
    with pytest.raises(RetryableError):
        QueueWriter(invoker, "q").write_batch([reading(0)], TRACE)


def test_a_dispatcher_reports_what_its_queue_never_takes_and_does_not_ask_for_the_batch_again():
    ports = RigPorts()
    ports.invoker.refuses = lambda message: message["n"] == 1
    dispatcher = wire("dispatcher", ENV, ports)
    assert (
        dispatcher.run(Trigger.DEVICE, [RawReading(msgspec.json.encode(published(number))) for number in range(3)]) == 1
    )
    assert [message["n"] for message in ports.invoker.messages("q")] == [0, 2]
    assert ports.errors.codes == ["reading-too-large"]
    assert len(ports.dead_letters("letters").letters) == 1


def ports_after(mode: str, count: int) -> tuple[RigPorts, str]:
    """A dispatcher's ports after a publish of so many readings, and the batch's trace."""
    ports = RigPorts()
    body = msgspec.json.encode([published(number) for number in range(count)])
    wire("dispatcher", {**ENV, "MODE": mode}, ports).run(Trigger.DEVICE, [RawReading(body)])
    ((trace_id, _),) = ports.invoker.batches("q")
    return ports, trace_id


def test_in_debug_mode_the_key_of_each_message_is_logged():
    ports, trace_id = ports_after(Mode.DEBUG, 2)
    keys = ", ".join(f"sensor-1 2026-01-15T10:30:00.000Z m{number}" for number in range(2))
    assert ports.lines == [f"dispatcher: trace {trace_id}: {keys}"]


def test_a_large_batch_is_logged_in_several_lines():
    ports, _ = ports_after(Mode.DEBUG, 250)
    assert [line.count("sensor-1") for line in ports.lines] == [100, 100, 50]


@pytest.mark.parametrize("mode", [Mode.PRODUCTION, ""])
def test_in_production_no_key_is_logged(mode):
    assert ports_after(mode, 2)[0].lines == []


def test_a_message_with_a_trace_of_its_own_is_logged_with_that():
    ports = RigPorts()
    persister = wire(
        "persister",
        {**ENV, "MODE": "debug", "L3_HOT_CLOUD": "aws", "HOT_STORE_NAME": "hot", "DEAD_LETTER_QUEUE": "dead"},
        ports,
    )
    own = reading(0).traced("b" * 32)
    ports.invoker.invoke("persister", [own, reading(1)], TRACE)
    assert persister.run(Trigger.QUEUE, ports.invoker.queues["persister"]) == []
    first, second = (f"sensor-1 2026-01-15T10:30:00.000Z m{number}" for number in range(2))
    assert ports.lines == [f"persister: trace {TRACE}: {first} trace {'b' * 32}, {second}"]
    assert ports.hot_store("hot").count() == 2
