"""Movers while something else is broken: the other side dark, its disk full, bytes damaged. In each position.

Nothing is lost or doubled, one error event says what is wrong in a sentence, and the run after the repair goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.object_store import RigObjectStore
from tests.rigs.world import World
from tests.unit.functions.test_tiers import OLDER, fill, history, move, tier, world
from twin2multicloud.domain.errors import FinalError, RetryableError, TwinError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.wire.http import Request, json_response

APART = Placement(l1=AWS, l2=AZURE, l3_hot=AWS, l3_cold=AZURE, l3_archive=GCP, l4=GCP, l5=AWS)
TOGETHER = Placement(l1=AWS, l2=AZURE, l3_hot=AWS, l3_cold=AWS, l3_archive=AWS, l4=GCP, l5=AWS)
MOVERS = ("hot-to-cold-mover", "cold-to-archive-mover")
FULL = "the write to disk failed: [Errno 28] No space left on device"

Fault = Callable[[World], object]


def objects(house: World, kind: str) -> RigObjectStore:
    found = house.topology.named(kind)
    assert found is not None
    return house.ports[found.cloud].object_store(found.id)


def run(house: World, mover: str) -> None:
    house.run_schedule(mover)


def events(house: World) -> list[str]:
    return [event.message for ports in house.ports.values() for event in ports.errors.events]


def full(house: World, kind: str, after: int = 0) -> None:
    """The disk of a store takes so many more objects."""
    left = iter(range(after))

    def refuse(name: str) -> None:
        if next(left, None) is None:
            raise RetryableError(f"{name}: {FULL}")

    objects(house, kind).before_create = refuse


def repaired(house: World) -> None:
    house.store.down = False
    for kind in OLDER:
        store = objects(house, kind)
        store.down, store.before_create, store.fuse = False, lambda _: None, lambda: None
    house.store.fuse = lambda: None


def deletions_fail(house: World) -> None:
    """A hot store whose disk is full: it is read, and cannot even delete."""
    store, delete = house.store, house.store.delete

    def refuse(device_id: str, keys: object) -> None:
        store.delete = delete  # type: ignore[method-assign]
        raise RetryableError(FULL)

    store.delete = refuse  # type: ignore[method-assign]


BROKEN: dict[str, tuple[str, Fault]] = {
    "the hot store is dark": (MOVERS[0], lambda house: setattr(house.store, "down", True)),
    "the cold store is dark": (MOVERS[0], lambda house: setattr(objects(house, "cold-store"), "down", True)),
    "the cold store is dark for the archive": (
        MOVERS[1],
        lambda house: setattr(objects(house, "cold-store"), "down", True),
    ),
    "the archive is dark": (MOVERS[1], lambda house: setattr(objects(house, "archive-store"), "down", True)),
    "the hot store's disk is full": (MOVERS[0], deletions_fail),
    "the cold store's disk is full": (MOVERS[0], lambda house: full(house, "cold-store")),
    "the cold store's disk gets full": (MOVERS[0], lambda house: full(house, "cold-store", after=2)),
    "the archive's disk is full": (MOVERS[1], lambda house: full(house, "archive-store")),
    "the archive's disk gets full": (MOVERS[1], lambda house: full(house, "archive-store", after=1)),
}


@pytest.mark.parametrize("where", [APART, TOGETHER], ids=["three clouds", "one cloud"])
@pytest.mark.parametrize("broken", list(BROKEN))
def test_while_a_store_is_broken_nothing_is_lost_and_the_next_run_goes_on(where: Placement, broken: str) -> None:
    house = world(where)
    points = fill(house, 8)
    mover, fault = BROKEN[broken]
    if mover == MOVERS[1]:
        run(house, MOVERS[0])
    fault(house)
    with pytest.raises(RetryableError):
        run(house, mover)
    assert len(events(house)) == 1
    assert ("dark" if "dark" in broken else "No space left") in events(house)[0]
    repaired(house)
    assert history(house) == points, "nothing is lost or doubled"
    move(house)
    assert history(house) == points
    assert len(events(house)) == 1
    assert {key.timestamp[:10] for key in house.store.rows["sensor-1"]} == {"2026-01-13", "2026-01-14", "2026-01-15"}


@pytest.mark.parametrize(("mover", "writer"), [(MOVERS[0], "cold-writer"), (MOVERS[1], "archive-writer")])
def test_a_dark_cloud_keeps_everything_where_it_is(mover: str, writer: str) -> None:
    house = world(APART)
    points = fill(house, 8)
    if mover == MOVERS[1]:
        run(house, MOVERS[0])
    with between(house, writer, lambda _request, _serve: _raise(RetryableError("connection refused"))):
        with pytest.raises(RetryableError, match="refused"):
            run(house, mover)
        assert history(house) == points
    assert len(events(house)) == 1
    move(house)
    assert history(house) == points


@pytest.mark.parametrize(("mover", "writer"), [(MOVERS[0], "cold-writer"), (MOVERS[1], "archive-writer")])
def test_a_chunk_that_is_damaged_on_the_way_is_refused_and_the_others_go_on(mover: str, writer: str) -> None:
    house = world(APART)
    points = fill(house, 8)
    if mover == MOVERS[1]:
        run(house, MOVERS[0])
    once = iter([True])

    def damage(request: Request, serve: Callable[[Request], object]) -> object:
        if next(once, False):
            request = Request(request.method, request.path, request.headers, damaged(request.body))
        return serve(request)

    with between(house, writer, damage), pytest.raises(FinalError, match=r"sensor-1.*its readings stay where they are"):
        run(house, mover)
    assert len(events(house)) == 1
    assert history(house) == points
    move(house)
    assert history(house) == points
    assert len(events(house)) == 1


ANSWERS = {
    "another name": (200, {"status": "stored", "name": "device=another/…"}),
    "no name": (200, {"status": "stored"}),
    "another status": (200, {"status": "received", "name": "device=sensor-1/…"}),
    "accepted": (202, {"status": "stored"}),
    "an error of a gateway": (502, {}),
}


@pytest.mark.parametrize("answer", list(ANSWERS))
def test_what_is_not_a_confirmation_of_this_chunk_deletes_nothing(answer: str) -> None:
    """A writer that says exactly what it should, and lies, is believed: it holds the token of this boundary."""
    house = world(APART)
    points = fill(house, 8)
    with between(house, "cold-writer", lambda _request, _serve: json_response(*ANSWERS[answer])):
        with pytest.raises(TwinError):
            run(house, MOVERS[0])
        assert len(house.store.rows["sensor-1"]) == len(points)
    assert len(events(house)) == 1
    move(house)
    assert history(house) == points


def test_a_chunk_that_is_damaged_at_rest_does_not_reach_the_archive_of_another_cloud_and_holds_up_no_other() -> None:
    house = world(APART)
    points = fill(house, 8)
    run(house, MOVERS[0])
    cold = objects(house, "cold-store")
    first = min(cold.bodies)
    whole, cold.bodies[first] = cold.bodies[first], damaged(cold.bodies[first])
    for count in (1, 2):  # a run each day
        with pytest.raises(FinalError, match=rf"{first[:30]}.*stay where they are"):
            run(house, MOVERS[1])
        assert len(events(house)) == count
    assert first in cold.bodies
    assert [name[:30] for name in tier(house, "archive-store")] == [
        f"device=sensor-1/day=2026-01-{n:02}"[:30] for n in (9, 10)
    ]
    with pytest.raises(FinalError, match=first[:30]):
        history(house)
    cold.bodies[first] = whole
    move(house)
    assert history(house) == points
    assert first not in cold.bodies


def test_a_chunk_that_is_damaged_at_rest_is_named_by_the_query_on_one_cloud_too() -> None:
    """There the cloud copies what it has, whose checksum is its own business; gzip's is ours, at each read."""
    house = world(TOGETHER)
    points = fill(house, 8)
    run(house, MOVERS[0])
    cold, archive = objects(house, "cold-store"), objects(house, "archive-store")
    first = min(cold.bodies)
    whole, cold.bodies[first] = cold.bodies[first], damaged(cold.bodies[first])
    run(house, MOVERS[1])
    with pytest.raises(FinalError, match=first[:30]):
        history(house)
    archive.bodies[first] = whole
    assert history(house) == points


def test_a_damaged_chunk_in_the_place_of_one_that_is_written_again_keeps_the_readings_where_they_are() -> None:
    """The mover died after it wrote, the object was damaged since: the store has another content, and says so."""
    house = world(APART)
    points = fill(house, 8)
    cold = objects(house, "cold-store")
    with house.broken_after(3), suppress(TwinError):  # another device looked at, this one read, written
        run(house, MOVERS[0])
    (first,) = cold.bodies
    cold.bodies[first] = damaged(cold.bodies[first])
    with pytest.raises(FinalError, match=rf"{first[:30]}.*stay where they are"):
        run(house, MOVERS[0])
    assert len(house.store.rows["sensor-1"]) == len(points)
    del cold.bodies[first]  # the repair
    move(house)
    assert history(house) == points


def damaged(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def _raise(error: Exception) -> None:
    raise error


@contextmanager
def between(
    house: World, writer: str, happens: Callable[[Request, Callable[[Request], object]], object]
) -> Iterator[None]:
    """Something happens to what is posted to a function."""
    found = house.topology.named(writer)
    assert found is not None
    url = f"https://{found.id}.example"
    serve = house.transport.served[url]
    house.transport.served[url] = lambda request: happens(request, serve)  # type: ignore[assignment,return-value]
    yield
    house.transport.served[url] = serve
