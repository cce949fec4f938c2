"""Readings through hot, cold and archive, in memory: on every placement of the three, and with anything failing."""

import itertools
import random
from contextlib import suppress
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
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
        house.run_schedule(mover)


def history(house: World, **more: object) -> list[tuple[str, object]]:
    """All values over all tiers, by as many pages as it takes."""
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["t"], "startTime": "2026-01-01T00:00:00Z", **more}
    points: list[tuple[str, object]] = []
    while True:
        answer = house.named("hot-reader").run(Trigger.CALL, asked)
        for series in answer["propertyValues"]:
            points += [(each.get("time"), *each["value"].values()) for each in series["values"]]
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
    house.run_schedule("hot-to-cold-mover")
    assert history(house) == sorted([*points, late])


def test_a_chunk_that_is_moved_between_its_listing_and_its_reading_is_read_in_the_archive() -> None:
    house = world()
    points = fill(house, 8)
    house.run_schedule("hot-to-cold-mover")
    cold = house.topology.named("cold-store")
    assert cold is not None
    store, calls = house.ports[cold.cloud].object_store(cold.id), itertools.count()

    def meanwhile() -> None:
        if next(calls) == 1:
            house.run_schedule("cold-to-archive-mover")

    store.fuse = meanwhile
    assert history(house) == points
    assert tier(house, "archive-store")


@given(st.data())
def test_movers_that_are_killed_anywhere_lose_and_double_nothing(data: st.DataObject) -> None:
    """Every call of a store may be the last one of a run; queries come between."""
    house = world(data.draw(st.sampled_from(PLACES)))
    points = fill(house, data.draw(st.integers(4, 9)), data.draw(st.integers(1, 3)))
    chance = random.Random(data.draw(st.integers(0, 1 << 32)))
    for _ in range(data.draw(st.integers(1, 6))):
        name = chance.choice(("hot-to-cold-mover", "cold-to-archive-mover"))
        with house.broken_after(chance.randrange(12)), suppress(TwinError):
            house.run_schedule(name)
        assert history(house) == points
    move(house)
    assert history(house) == points
    held = [key for key in house.store.rows["sensor-1"] if key.timestamp < "2026-01-13"]
    assert held == []


def latest(house: World, *names: str, device: str = "sensor-1", **more: object) -> dict[str, object]:
    asked = {"iotDeviceId": device, "selectedProperties": list(names), **more}
    answer = house.named("hot-reader-last-entry").run(Trigger.CALL, asked)
    return {
        name: (each.get("time"), *each["propertyValue"].values()) for name, each in answer["propertyValues"].items()
    } | ({"archived": answer["archived"]} if "archived" in answer else {})


def silent(house: World, days: int) -> None:
    """What the device said in the last days is as if it had never been said, or never were to be."""
    for day in range(days):
        for key in [key for key in house.store.rows["sensor-1"] if key.timestamp.startswith(f"2026-01-{15 - day:02}")]:
            house.store.delete("sensor-1", [key])


@pytest.mark.parametrize("where", PLACES, ids=lambda where: f"{where.l3_hot}-{where.l3_cold}-{where.l3_archive}")
def test_the_latest_value_of_each_property_is_found_in_whichever_tier_it_is(where: Placement) -> None:
    house = world(where)
    for day, values in (
        ("06", {"boot": "a"}),
        ("07", {"a": 1, "boot": "b"}),
        ("11", {"b": 2, "a": 2}),
        ("12", {"b": 3}),
    ):
        house.publish({"timestamp": f"2026-01-{day}T01:00:00Z", **values}, device_id="sensor-1")
    house.publish({"timestamp": "2026-01-15T01:00:00Z", "c": 4}, device_id="sensor-1")
    expected = {
        "a": ("2026-01-11T01:00:00.000Z", 2),
        "b": ("2026-01-12T01:00:00.000Z", 3),
        "boot": ("2026-01-07T01:00:00.000Z", "b"),
        "c": ("2026-01-15T01:00:00.000Z", 4),
    }
    assert latest(house, *expected) == expected
    move(house)
    assert (len(tier(house, "cold-store")), len(tier(house, "archive-store"))) == (2, 2)
    assert latest(house, *expected) == expected
    assert latest(house, undeclared=True) == expected
    silent(house, 2)
    assert latest(house, "a", "b") == {name: expected[name] for name in ("a", "b")}


def test_what_is_undeclared_and_all_of_whose_readings_moved_is_known() -> None:
    house = world()
    house.publish({"timestamp": "2026-01-05T01:00:00Z", "t": 1}, device_id="sensor-1")
    move(house)
    assert house.store.rows["sensor-1"] == {}
    assert latest(house, "t") == {"t": ("2026-01-05T01:00:00.000Z", 1)}
    assert history(house) == [("2026-01-05T01:00:00.000Z", 1)]
    with pytest.raises(TwinError, match="has no property 'u'"):
        latest(house, "u")
    with pytest.raises(TwinError, match="has no device 'strange'"):
        latest(house, "t", device="strange")


def test_a_late_reading_of_a_moved_time_is_not_the_latest() -> None:
    house = world()
    points = fill(house, 8)
    move(house)
    silent(house, 3)
    house.publish({"timestamp": "2026-01-09T00:30:00Z", "t": -1, "u": 5}, device_id="sensor-1")
    newest = points[14]
    assert newest[0].startswith("2026-01-12")
    assert latest(house, "t", "u") == {"t": newest, "u": ("2026-01-09T00:30:00.000Z", 5)}


def test_older_tiers_are_asked_for_nothing_that_was_not_measured_or_is_recent() -> None:
    house = world()
    fill(house, 2)
    asked: list[str] = []
    for ports in house.ports.values():
        for name, store in ports.objects.items():
            store.fuse = lambda name=name: asked.append(name)
    assert latest(house, "t") == {"t": ("2026-01-15T02:00:00.000Z", 5)}
    assert latest(house, "temperature", "manufacturer") == {"manufacturer": (None, "ACME")}
    assert latest(house, "temperature", device="sensor-2") == {}
    assert asked == []


def test_a_latest_value_that_has_to_be_restored_is_named() -> None:
    house = world()
    house.publish({"timestamp": "2026-01-05T01:00:00Z", "t": 1}, device_id="sensor-1")
    house.publish({"timestamp": "2026-01-15T01:00:00Z", "u": 2}, device_id="sensor-1")
    move(house)
    archive = house.topology.named("archive-store")
    assert archive is not None
    house.ports[archive.cloud].objects[archive.id].restores = True
    named = {"u": ("2026-01-15T01:00:00.000Z", 2), "archived": tier(house, "archive-store")}
    assert latest(house, "t", "u") == named
    assert latest(house, "u") == {"u": named["u"]}
    of_twinmaker = {"workspaceId": "w", "iotDeviceId": "sensor-1", "selectedProperties": ["t", "u"]}
    assert house.named("hot-reader-last-entry").run(Trigger.CALL, of_twinmaker).keys() == {"propertyValues"}


@settings(max_examples=40)  # each has many queries over three stores
@given(st.data())
def test_latest_values_are_those_of_all_that_was_ever_written(data: st.DataObject) -> None:
    """Readings come late and in any order, movers run between."""
    house = world(data.draw(st.sampled_from(PLACES)))
    written: dict[str, tuple[str, object]] = {}
    for number in range(data.draw(st.integers(1, 12))):
        stamp = f"2026-01-{data.draw(st.integers(5, 15)):02}T{number:02}:00:00.000Z"
        names = data.draw(st.sets(st.sampled_from("abc"), min_size=1))
        house.publish({"timestamp": stamp, **dict.fromkeys(names, number)}, device_id="sensor-1")
        written |= {name: max(written.get(name, ("", 0)), (stamp, number)) for name in names}
        if data.draw(st.booleans()):
            move(house)
        assert latest(house, *written) == written
