"""The data path as the planner lays it out, from a device's publish to the hot store, over every way to place it."""

import json
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.rigs.world import World
from twin2multicloud.domain.clock_skew import DEFAULT
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.readings import from_device
from twin2multicloud.functions.triggers import RawReading
from twin2multicloud.wire.envelope import decode, is_trace_id

READINGS = [
    {"device_id": "sensor-1", "timestamp": f"2026-01-15T10:{minute:02}:00Z", "temperature": 20.0 + minute / 10}
    for minute in range(30)
]
PATHS = list(product(ALL, repeat=3))


def placed(l1: Cloud, l2: Cloud, l3_hot: Cloud) -> Placement:
    return msgspec.structs.replace(Placement.single(l3_hot), l1=l1, l2=l2)


def world(path: tuple[Cloud, Cloud, Cloud], **more) -> World:
    return World(twin(placed(*path)), **more)


@pytest.mark.parametrize("path", PATHS, ids="-".join)
def test_every_reading_reaches_the_store_once_and_unchanged(path):
    there = world(path)
    there.publish(*READINGS)
    there.publish(READINGS[3], [READINGS[4], READINGS[5]])  # sent again, singly and as a gateway's list
    values = sorted(row["temperature"] for row in there.stored("sensor-1").values())
    assert values == [reading["temperature"] for reading in READINGS]
    assert (there.dead_letters(), there.error_codes()) == ([], set())


def test_the_same_readings_have_the_same_ids_over_every_path():
    stored = []
    for path in PATHS:
        there = world(path)
        there.publish(*READINGS)
        stored.append(there.stored("sensor-1"))
    assert all(each == stored[0] for each in stored)


@pytest.mark.parametrize("path", PATHS, ids="-".join)
def test_what_the_processor_drops_and_changes_is_the_same_over_every_path(path):
    def process(telemetry):
        if telemetry["temperature"] > 21:
            return None
        return {**telemetry, "kelvin": telemetry["temperature"] + 273.15}

    there = world(path, find_processor=lambda _: process)
    there.publish(*READINGS)
    rows = list(there.stored("sensor-1").values())
    assert len(rows) == 11
    assert all(row["kelvin"] == row["temperature"] + 273.15 for row in rows)


def test_the_trace_is_kept_across_all_hops():
    there = world((AWS, AZURE, GCP))
    traces: list[str] = []
    served = dict(there.transport.served)

    def listen(serve):
        def answer(request):
            traces.append(decode(request.body).trace_id)
            return serve(request)

        return answer

    there.transport.served.update({url: listen(serve) for url, serve in served.items()})
    there.publish(READINGS[0])
    assert len(traces) == 2
    assert is_trace_id(traces[0])
    assert traces[0] == traces[1]


@pytest.mark.parametrize("dark", ["azure.ingestion", "gcp.hot-writer"], ids=["L2 dark", "L3-hot dark"])
@pytest.mark.parametrize("minutes", [0, 2, 60])
def test_while_a_cloud_is_dark_messages_wait_and_go_on_when_it_answers(dark, minutes):
    """One cloud dark for a time that opens the breaker, or not: nothing is lost, and no letter is left to a person."""
    there = world((AWS, AZURE, GCP))
    served = dict(there.transport.served)
    del there.transport.served[f"https://{dark}.example"]
    for place in range(0, len(READINGS), 10):
        there.publish(*READINGS[place : place + 10])
        for ports in there.ports.values():
            ports.clock.advance(60 * minutes / 3)
    assert (there.stored("sensor-1"), there.dead_letters()) == ({}, [])
    assert there.waiting() > 0
    assert len(there.error_codes() - {ErrorCode.BOUNDARY_OPENED}) == 1
    there.transport.served.update(served)
    for ports in there.ports.values():
        ports.clock.advance(300)  # as long as any breaker waits for a probe
    there.pump()
    assert len(there.stored("sensor-1")) == len(READINGS)
    assert (there.dead_letters(), there.waiting()) == ([], 0)


ANYTHING = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["t", "time", "ts", "timestamp", "message_id", "deviceId"]), inner, max_size=3
            )
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(bodies=st.lists(ANYTHING, min_size=1, max_size=5))
def test_whatever_is_published_is_afterwards_in_exactly_one_place(bodies):
    """Stored, or in L1's dead letters to the byte: each publish that is no list is one of them, once."""
    there = world((AWS, AZURE, GCP))
    for body in bodies:
        there.named("dispatcher").run(Trigger.DEVICE, [RawReading(body, "sensor-1")])
        there.pump()
        stored, kept = len(there.stored("sensor-1")), [unread for unread, _ in there.unread()]
        if not isinstance(_payload(body), list):
            assert (body in kept) != (_key(there, body) is not None), "in one place"
        assert (there.dead_letters(), there.waiting()) == ([], 0)
        assert stored + len(kept) > 0 or _payload(body) == []


def _payload(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _key(there: World, body: bytes) -> str | None:
    """The id under which a publish is stored, as the dispatcher makes it; None where it would be refused."""
    (made,) = from_device(RawReading(body, "sensor-1"), there.ports[AWS].clock.now(), DEFAULT, [])
    if not isinstance(made, Reading):
        return None
    assert made.key.message_id in there.stored("sensor-1")
    return made.key.message_id


@pytest.mark.parametrize("path", PATHS, ids="-".join)
def test_what_cannot_be_read_is_kept_on_l1s_cloud(path):
    there = world(path)
    there.publish(READINGS[0], {"t": None, "timestamp": "yesterday"}, "hello", device_id="sensor-1")
    assert len(there.stored("sensor-1")) == 1
    letters = there.ports[path[0]].dead_letters(f"{path[0]}.device-dead-letters").letters
    assert [letter.message.body for letter in letters] == [b'{"t":null,"timestamp":"yesterday"}', b'"hello"']
    assert {letter.message.topic for letter in letters} == {"dt/house/sensor-1/telemetry"}
    assert there.error_codes() == {"invalid-telemetry"}


@pytest.mark.parametrize("where", [AWS, GCP], ids=["local", "remote"])
def test_a_dark_store_loses_nothing(where):
    there = world((AWS, AWS, where))
    there.store.down = True
    there.publish(*READINGS)
    there.store.down = False
    there.pump()
    assert len(there.stored("sensor-1")) + len(there.dead_letters()) == len(READINGS)


def test_a_wrong_token_is_dead_lettered_at_once():
    there = world((AWS, AZURE, AZURE))
    serve = there.transport.served["https://azure.ingestion.example"]

    def stripped(request):
        return serve(msgspec.structs.replace(request, headers={}))

    there.transport.served["https://azure.ingestion.example"] = stripped
    there.publish(READINGS[0])
    assert len(there.dead_letters()) == 1
    assert there.ports[AWS].clock.sleeps == []


def test_a_queue_that_is_dark_fails_the_dispatchers_batch():
    there = world((AWS, AWS, AWS))
    there.ports[AWS].invoker.down = True
    with pytest.raises(RetryableError):
        there.publish(READINGS[0])
