"""Readings on their way to a twin service that is written to, over every way to place devices, processing and L4."""

from itertools import product

import msgspec
import pytest

from tests.rigs.clouds import ALL, AZURE
from tests.rigs.twins import twin
from tests.rigs.world import World
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.placement import Cloud, Placement

TWIN = "room-1.thermostat"
READINGS = [
    {"device_id": "sensor-1", "timestamp": f"2026-01-15T10:{minute:02}:00Z", "temperature": 20.0 + minute}
    for minute in range(10)
]


def world(l1: Cloud, l2: Cloud, l3_hot: Cloud) -> World:
    return World(twin(msgspec.structs.replace(Placement.single(AZURE), l1=l1, l2=l2, l3_hot=l3_hot)))


def values(there: World) -> dict[str, object]:
    state = there.ports[AZURE].graphs["azure.twin-service"].twins.get(TWIN)
    return {} if state is None else dict(state.values)


@pytest.mark.parametrize("path", list(product(ALL, repeat=3)), ids="-".join)
def test_the_latest_value_is_at_l4_and_every_reading_at_l3(path: tuple[Cloud, Cloud, Cloud]) -> None:
    there = world(*path)
    there.publish(*READINGS[5:])
    there.publish(*READINGS[:5])  # a device that was offline sends what is older
    assert values(there) == {"temperature": 29.0}
    assert len(there.stored("sensor-1")) == len(READINGS)
    assert (there.dead_letters(), there.error_codes()) == ([], set())


@pytest.mark.parametrize("l2", ALL)
def test_while_the_twin_service_is_throttled_values_wait_and_readings_are_stored(l2: Cloud) -> None:
    there = world(l2, l2, l2)
    graph = there.ports[AZURE].graphs["azure.twin-service"]
    graph.throttled = 10
    there.publish(READINGS[0])
    assert len(there.stored("sensor-1")) == 1
    assert (values(there), there.waiting()) == ({}, 1)
    assert there.error_codes() == {ErrorCode.TWIN_SERVICE_UNREACHABLE}
    graph.throttled = 0
    for ports in there.ports.values():
        ports.clock.advance(300)
    there.publish(READINGS[1])
    assert (values(there), there.waiting(), there.dead_letters()) == ({"temperature": 21.0}, 0, [])


@pytest.mark.parametrize("l2", ALL)
def test_a_twin_that_is_not_there_is_a_dead_letter_with_its_reason(l2: Cloud) -> None:
    there = world(l2, l2, l2)
    there.ports[AZURE].graphs["azure.twin-service"].without = {TWIN}
    there.publish(READINGS[0])
    assert len(there.dead_letters()) == 1
    assert there.error_codes() == {ErrorCode.TWIN_SERVICE_UNREACHABLE}
