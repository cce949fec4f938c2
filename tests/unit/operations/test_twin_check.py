"""One reading at L4, asked where its cloud's twin service would ask, against L3: over placements, all in memory."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import ALL, AZURE
from tests.rigs.twins import HIERARCHY, twin
from tests.rigs.world import World
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.twin_check import check
from twin2multicloud.ports.invocation import Invocation

READING = {"device_id": "sensor-1", "timestamp": "2026-01-15T10:00:00Z", "temperature": 20.5, "total": 7, "on": True}


class _Calls:
    """The functions of one cloud of a world, by their names in the plan."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world, self._cloud = world, cloud

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._world.functions[f"{self._cloud}.{function}"].run(Trigger.CALL, arguments))


class WorldTwin:
    """What the check needs of an `OperatedTwin`."""

    now = "2026-01-15T10:00:10.000Z"

    def __init__(self, world: World) -> None:
        self._world, self.placement = world, world.topology.placement
        self.catalog = world.ports[AZURE].catalog
        self.readers = HotReaders(self.invocation(self.placement.l3_hot))
        self.graph = world.ports[AZURE].graphs["azure.twin-service"]

    def invocation(self, cloud: Cloud) -> Invocation:
        return _Calls(self._world, cloud)


def checked(there: World) -> dict[str, Any]:
    return {each.name: each for each in check(WorldTwin(there), HIERARCHY)}  # type: ignore[arg-type]


def world(l2: Cloud, l3_hot: Cloud, l4: Cloud) -> World:
    there = World(twin(msgspec.structs.replace(Placement.single(l2), l3_hot=l3_hot, l4=l4)))
    there.publish(READING)
    return there


@pytest.mark.parametrize(("l2", "l3_hot", "l4"), list(product(ALL, repeat=3)))
def test_l4_says_what_l3_has(l2: Cloud, l3_hot: Cloud, l4: Cloud) -> None:
    rows = checked(world(l2, l3_hot, l4))
    measured = {
        name: (rows[name].at_l4, rows[name].at_l3, rows[name].age_seconds) for name in ("temperature", "total", "on")
    }
    assert measured == {"temperature": (20.5, 20.5, 10.0), "total": (7, 7, 10.0), "on": (True, True, 10.0)}
    # What nobody measured is its constant, its initial value or nothing; an instance has those since it was published.
    never = {"humidity", "mode", "manufacturer"}
    assert {name for name, each in rows.items() if each.problem} == (never if l4 == AZURE else set())


def test_a_value_that_is_missing_at_l4_is_a_problem() -> None:
    there = world(AZURE, AZURE, AZURE)
    there.ports[AZURE].graphs["azure.twin-service"].twins.clear()
    assert checked(there)["temperature"].problem == "L4 and L3 differ"


def test_a_twin_that_is_not_there_is_a_problem_with_its_reason() -> None:
    there = world(AZURE, AZURE, AZURE)
    there.ports[AZURE].graphs["azure.twin-service"].without.add("room-1.thermostat")
    assert "room-1.thermostat" in checked(there)["temperature"].problem
