"""What the operator does with the stores: summaries, restore, erasure, and the end of the archive's retention."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.twins import twin
from tests.rigs.world import World
from tests.unit.functions.test_tiers import PLACES, fill, history, move
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError, TwinError
from twin2multicloud.functions.storage.archive_store_admin import RECORDS

ADMINS = ("hot-store-admin", "cold-store-admin", "archive-store-admin")


def world(archive_days: int | None = None, where=PLACES[5]) -> World:
    days = {"hot_retention_days": 2, "cold_retention_days": 4, "archive_retention_days": archive_days}
    return World(msgspec.structs.replace(twin(where), **days))


def aged(archive_days: int | None = None) -> tuple[World, list[tuple[str, int]]]:
    """A twin with readings of eight days in all three stores: three days each in hot and archive, two in cold."""
    house = world(archive_days)
    points = fill(house, 8)
    move(house)
    return house, points


def call(house: World, admin: str, action: str, **arguments):
    return house.named(admin).run(Trigger.CALL, {"action": action, **arguments})


def bucket(house: World, kind: str = "archive-store"):
    found = house.topology.named(kind)
    assert found is not None
    return house.ports[found.cloud].objects[found.id]


def test_a_summary_says_how_much_there_is_and_of_which_time():
    house, _ = aged()
    bodies = bucket(house).bodies
    found = call(house, "archive-store-admin", "summary")
    assert found == {
        "objects": 3,
        "readings": 9,
        "bytes": sum(map(len, bodies.values())),
        "finished": True,
        "after": max(bodies),
        "oldest": "2026-01-08T00:00:00.000Z",
        "newest": "2026-01-10T02:00:00.000Z",
    }
    assert call(house, "cold-store-admin", "summary")["readings"] == 6
    assert call(house, "cold-store-admin", "summary", after="z")["objects"] == 0


def test_archived_chunks_are_named_and_restored():
    house, points = aged()
    archive = bucket(house)
    archive.restores = True
    assert history(house) == points[9:]
    days = {"device_id": "sensor-1", "start": "2026-01-09T00:00:00.000Z", "end": "2026-01-10T00:00:00.000Z"}
    found = call(house, "archive-store-admin", "archived", **days)
    assert [each["name"].split("/")[1] for each in found["chunks"]] == ["day=2026-01-09", "day=2026-01-10"]
    assert found["finished"]
    names = [each["name"] for each in found["chunks"]]
    answer = call(house, "archive-store-admin", "restore", names=names)
    assert answer == {"ready": dict.fromkeys(names, "2026-01-15T12:00:00.000Z"), "finished": True}
    assert history(house) == points[3:]
    assert call(house, "archive-store-admin", "archived", **days)["chunks"] == []


def test_a_device_is_erased_from_every_store_and_no_other_is():
    house, points = aged()
    for day in (8, 11, 14):
        house.publish({"timestamp": f"2026-01-{day:02}T12:00:00.000Z", "t": day}, device_id="sensor-2")
    move(house)
    done = [call(house, admin, "erase", device_id="sensor-1") for admin in ADMINS]
    assert sum(each["readings"] for each in done) == len(points)
    assert [each["objects"] for each in done] == [0, 2, 3]
    assert all(each["finished"] for each in done)
    with pytest.raises(FinalError, match="no reading of it has one"):
        history(house)
    assert len(history(house, iotDeviceId="sensor-2")) == 3
    assert house.store.measured("sensor-1") == set()
    assert [call(house, admin, "erase", device_id="sensor-1")["readings"] for admin in ADMINS] == [0, 0, 0]


def test_what_is_past_the_archive_retention_is_deleted_with_a_record():
    house, points = aged(archive_days=6)
    archive = bucket(house)
    due = [name for name in archive.bodies if "day=2026-01-08" in name]
    archive.restores = True  # the record has to be readable all the same
    house.run_schedule("archive-store-admin")
    (record,) = [name for name in archive.bodies if name.startswith(RECORDS)]
    lines = [msgspec.json.decode(line) for line in archive.read(record).splitlines()]
    assert [line["name"] for line in lines] == due
    assert [line["readings"] for line in lines] == [3]
    archive.restores = False
    assert history(house) == points[3:]
    again = house.named("archive-store-admin").run(Trigger.CALL, {"action": "expire"})
    assert (again["objects"], again["records"]) == (0, [])


def test_without_a_retention_nothing_expires():
    house, _ = aged()
    with pytest.raises(FinalError, match="action must be one of summary, archived, restore, erase, found 'expire'"):
        call(house, "archive-store-admin", "expire")


@given(st.integers(0, 14), st.integers(0, 14))
def test_an_expiry_that_is_killed_anywhere_deletes_nothing_without_a_record(first: int, second: int):
    house, points = aged(archive_days=5)
    archive = bucket(house)
    before = set(archive.bodies)
    for steps in (first, second):
        with house.broken_after(steps), suppress(TwinError):
            house.run_schedule("archive-store-admin")
        recorded = {
            msgspec.json.decode(line)["name"]
            for name, body in archive.bodies.items()
            if name.startswith(RECORDS)
            for line in body.splitlines()
        }
        assert before - set(archive.bodies) <= recorded
    house.run_schedule("archive-store-admin")
    assert history(house) == points[6:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "action must be one of"),
        ({"action": "erase"}, "device_id is missing"),
        ({"action": "erase", "device_id": 7}, "not a request of a store's administration"),
        ({"action": "restore"}, "names must be a list of up to 1000 names of chunks"),
        ({"action": "restore", "names": ["deleted/x"]}, "names must be a list"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, sentence):
    with pytest.raises(FinalError, match=sentence):
        world().named("archive-store-admin").run(Trigger.CALL, arguments)
