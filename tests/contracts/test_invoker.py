"""What an invoker does: queues messages as records within the wire's limits, whole, in order, per function."""

from tests.rigs import readings as rig_readings
from tests.rigs.clock import START
from twin2multicloud.wire.queue_records import decode

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def readings(count: int, **more) -> list[dict]:
    return [
        {"device_id": "d", "timestamp": START, "message_id": f"m{number}", "n": number, **more}
        for number in range(count)
    ]


def invoke(rig, function: str, messages: list[dict], trace: str = TRACE) -> None:
    rig.invoker.invoke(function, rig_readings.readings(messages), trace)
    rig.settle()


def delivered(rig, function: str) -> list[dict]:
    return [message for body in rig.delivered(function) for message in rig_readings.flats(decode(body).readings)]


def test_messages_arrive_whole_and_in_order(invoker_rig):
    sent = readings(10, text="größer 🌡", small=1e-310, large=2**53 + 1, on=True)
    invoke(invoker_rig, "house-processor", sent)
    assert delivered(invoker_rig, "house-processor") == sent


def test_one_invocation_is_one_batch_with_its_trace(invoker_rig):
    invoke(invoker_rig, "house-processor", readings(3))
    (body,) = invoker_rig.delivered("house-processor")
    assert decode(body).trace_id == TRACE


def test_a_messages_own_trace_arrives_with_it(invoker_rig):
    sent = [*readings(1), *readings(1, trace_id="b" * 32)]
    invoke(invoker_rig, "house-processor", sent)
    assert [each.get("trace_id") for each in delivered(invoker_rig, "house-processor")] == [None, "b" * 32]


def test_invocations_stay_in_order_and_apart(invoker_rig):
    for number in range(5):
        invoke(invoker_rig, "house-processor", readings(number + 1), f"{number + 1:032x}")
    records = [decode(body) for body in invoker_rig.delivered("house-processor")]
    assert [(record.trace_id, len(record.readings)) for record in records] == [
        (f"{number:032x}", number) for number in range(1, 6)
    ]


def test_functions_have_queues_of_their_own(invoker_rig):
    invoke(invoker_rig, "house-processor", readings(1))
    invoke(invoker_rig, "house-persister", readings(2))
    assert len(delivered(invoker_rig, "house-processor")) == 1
    assert len(delivered(invoker_rig, "house-persister")) == 2


def test_a_batch_over_the_wires_limits_is_cut_so_that_the_function_can_read_it(invoker_rig):
    """A gateway's list may hold thousands: what no envelope can hold must not become a record that nobody can read."""
    invoke(invoker_rig, "house-processor", readings(2_500))
    invoke(invoker_rig, "house-persister", readings(10, text="x" * 1_000_000))
    assert [each["n"] for each in delivered(invoker_rig, "house-processor")] == list(range(2_500))
    assert [each["n"] for each in delivered(invoker_rig, "house-persister")] == list(range(10))
