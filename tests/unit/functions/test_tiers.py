"""Readings through hot, cold and archive, in memory: on every placement of the three, and with anything failing."""

import random
from contextlib import suppress
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL, AWS, GCP
from tests.rigs.twins import twin
from tests.rigs.world import World
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.storage.chunks import read_name

PLACES = [
    Placement(l1=AWS, l2=l2, l3_hot=hot, l3_cold=cold, l3_archive=archive, l4=GCP, l5=AWS)
    for l2, hot, cold, archive in product(ALL, ALL, ALL, ALL)
]
"""All four slots that store: L2 writes the hot store, here or through the hot-writer."""
OLDER = ("cold-store", "archive-store")


def world(where: Placement = PLACES[32]) -> World:
    house = msgspec.structs.replace(twin(where), hot_retention_days=2, cold_retention_days=4)
    return World(house)


def fill(house: World, days: int, each: int = 3) -> list[tuple[str, int]]:
    """Readings of the last days, oldest first, as (time, value)."""
    points = []
    for day in range(days):
        for index in range(each):
            stamp = f"2026-01-{15 - days + 1 + day:02}T0{index}:00:00.000Z"
            house.publish({"timestamp": stamp, "t": day * each + index}, device_id="sensor-1")
            points.append((stamp, day * each + index))
    return points


def move(house: World) -> None:
    for mover in ("hot-to-cold-mover", "cold-to-archive-mover"):
        house.named(mover).run(Trigger.SCHEDULE)


def history(house: World, **more: object) -> list[tuple[str, object]]:
    """All values over all tiers, by as many pages as it takes."""
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["t"], "startTime": "2026-01-01T00:00:00Z", **more}
    points: list[tuple[str, object]] = []
    while True:
        answer = house.named("hot-reader").run(Trigger.CALL, asked)
        for series in answer["propertyValues"]:
            points += [(each["time"], *each["value"].values()) for each in series["values"]]
        if answer["nextToken"] is None:
            return points
        asked["nextToken"] = answer["nextToken"]


def tier(house: World, kind: str) -> list[str]:
    found = house.topology.named(kind)
    assert found is not None
    return sorted(house.ports[found.cloud].objects[found.id].bodies)


@pytest.mark.parametrize(
    "where", PLACES, ids=lambda where: "-".join((where.l2, where.l3_hot, where.l3_cold, where.l3_archive))
)
def test_one_series_over_three_tiers(where: Placement) -> None:
    house = world(where)
    points = fill(house, 8)
    assert history(house) == points
    move(house)
    days = [sorted({name.day for name in map(read_name, tier(house, kind)) if name}) for kind in OLDER]
    assert days == [["2026-01-11", "2026-01-12"], ["2026-01-08", "2026-01-09", "2026-01-10"]]
    assert {key.timestamp[:10] for key in house.store.rows["sensor-1"]} == {"2026-01-13", "2026-01-14", "2026-01-15"}
    assert history(house) == points
    assert history(house, orderByTime="DESCENDING") == points[::-1]
    assert history(house, maxResults=2) == points
    assert history(house, maxResults=5, orderByTime="DESCENDING") == points[::-1]
    assert history(house, startTime="2026-01-09T01:00:00Z", endTime="2026-01-13T01:00:00Z") == points[5:17]
    before = [tier(house, kind) for kind in OLDER]
    move(house)
    assert [tier(house, kind) for kind in OLDER] == before, "nothing more is due"


def test_what_has_to_be_restored_first_is_named_and_the_rest_is_there() -> None:
    house = world()
    points = fill(house, 8)
    move(house)
    archive = house.topology.named("archive-store")
    assert archive is not None
    house.ports[archive.cloud].objects[archive.id].restores = True
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["t"], "startTime": "2026-01-01T00:00:00Z"}
    answer = house.named("hot-reader").run(Trigger.CALL, asked)
    assert answer["archived"] == tier(house, "archive-store")
    assert history(house) == points[9:]


def test_a_late_reading_of_a_moved_day_is_moved_too() -> None:
    house = world()
    points = fill(house, 8)
    move(house)
    late = ("2026-01-11T00:30:00.000Z", -1)
    house.publish({"timestamp": late[0], "t": -1}, device_id="sensor-1")
    assert history(house) == sorted([*points, late])
    move(house)
    assert "2026-01-11" not in {key.timestamp[:10] for key in house.store.rows["sensor-1"]}
    assert history(house) == sorted([*points, late])


def test_a_reading_that_comes_while_its_day_is_moved_stays() -> None:
    house = world()
    points = fill(house, 8)
    cold = house.topology.named("cold-store")
    assert cold is not None
    store = house.ports[cold.cloud].object_store(cold.id)
    late = ("2026-01-08T00:30:00.000Z", -1)

    def meanwhile(_: str) -> None:
        store.before_create = lambda _: None
        house.publish({"timestamp": late[0], "t": -1}, device_id="sensor-1")

    store.before_create = meanwhile
    house.named("hot-to-cold-mover").run(Trigger.SCHEDULE)
    assert history(house) == sorted([*points, late])


@given(st.data())
def test_movers_that_are_killed_anywhere_lose_and_double_nothing(data: st.DataObject) -> None:
    """Every call of a store may be the last one of a run; queries come between."""
    house = world(data.draw(st.sampled_from(PLACES)))
    points = fill(house, data.draw(st.integers(4, 9)), data.draw(st.integers(1, 3)))
    chance = random.Random(data.draw(st.integers(0, 1 << 32)))
    for _ in range(data.draw(st.integers(1, 6))):
        name = chance.choice(("hot-to-cold-mover", "cold-to-archive-mover"))
        with house.broken_after(chance.randrange(12)), suppress(TwinError):
            house.named(name).run(Trigger.SCHEDULE)
        assert history(house) == points
    move(house)
    assert history(house) == points
    held = [key for key in house.store.rows["sensor-1"] if key.timestamp < "2026-01-13"]
    assert held == []
