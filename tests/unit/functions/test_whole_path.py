"""The data path as the planner lays it out, from a device's publish to the hot store, over every way to place it."""

from itertools import product

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.rigs.world import World
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.placement import Cloud, Placement
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


def test_a_dark_cloud_loses_nothing_its_messages_are_dead_lettered():
    there = world((AWS, AZURE, GCP))
    there.transport.served.clear()
    there.publish(*READINGS)
    assert there.stored("sensor-1") == {}
    assert len(there.dead_letters()) == len(READINGS)
    assert there.error_codes() == {"ingestion-unreachable"}


def test_while_the_dead_letter_queue_is_dark_too_messages_stay_queued():
    there = world((AWS, AZURE, GCP))
    served = dict(there.transport.served)
    there.transport.served.clear()
    letters = there.ports[AWS].dead_letters("aws.l1-to-l2-dead-letters")
    letters.down = True
    there.publish(*READINGS)
    assert there.dead_letters() == []
    letters.down = False
    there.transport.served.update(served)
    for ports in there.ports.values():
        ports.clock.advance(600)  # past the open breaker
    there.pump()
    assert len(there.stored("sensor-1")) == len(READINGS)


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
