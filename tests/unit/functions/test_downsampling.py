"""Buckets: what lists in memory say, over all tiers, on pages of any size, in both orders, while movers run."""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.readings import reading
from tests.rigs.twins import CATALOG, HIERARCHY
from tests.rigs.world import World
from tests.unit.functions.test_tiers import move, world
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError, TwinError
from twin2multicloud.domain.timestamps import from_milliseconds, to_milliseconds
from twin2multicloud.functions.storage.chunk_rows import rows_in
from twin2multicloud.functions.storage.downsampling import Aggregate
from twin2multicloud.functions.storage.hot_reader import HotReader

Told = tuple[int, str, str, Any]
"""A reading: epoch ms, message id, property, value."""

NUMBERS = ("min", "max", "mean")
EVERY = {"1s": 1_000, 90: 90_000, "5m": 300_000, "7h": 25_200_000, "1d": 86_400_000, "86400500ms": 86_400_500}
DAY = 86_400_000
NOW = to_milliseconds("2026-01-15T10:30:00.000Z")


def expected(told: list[Told], start: int, end: int, every: int, aggregate: str, name: str) -> list[tuple[str, Any]]:
    """The oracle: all readings of a property in a list, those of each bucket in a list of its own."""
    buckets: dict[int, list[Any]] = {}
    for at, _, of, value in sorted(told, key=lambda each: each[:2]):
        if of == name and start < at <= end and (aggregate not in NUMBERS or type(value) in (int, float)):
            buckets.setdefault(at // every * every, []).append(value)
    return [(from_milliseconds(at), _said(aggregate, values)) for at, values in sorted(buckets.items())]


def _said(aggregate: str, values: list[Any]) -> Any:
    match aggregate:
        case "mean":
            return float(sum(map(Fraction, values)) / len(values))
        case "last":
            return values[-1]
        case "count":
            return len(values)
    return (min if aggregate == "min" else max)(values)


def buckets(read: Any, asked: dict[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    """The buckets of all pages by property, in the order of the request."""
    found: dict[str, list[tuple[str, Any]]] = {}
    token = None
    for _ in range(10_000):
        answer = read({**asked, "nextToken": token})
        given = 0
        for series in answer["propertyValues"]:
            points = [(each["time"], *each["value"].values()) for each in series["values"]]
            found.setdefault(series["entityPropertyReference"]["propertyName"], []).extend(points)
            given += len(points)
        assert given <= asked.get("maxResults", 10_000)
        token = answer["nextToken"]
        if token is None:
            return found
    raise AssertionError("pages without end")


def same(one: Any, other: Any) -> bool:
    """Equal to the bit and of the same type: 1 is not 1.0, and 0.0 is not -0.0."""
    return repr(one) == repr(other)


EDGES = st.sampled_from([0, 1, 999, 1_000, 299_999, 300_000, DAY // 2])
TIMES = st.builds(
    lambda day, edge, more: NOW // DAY * DAY - day * DAY + edge + more,
    st.integers(1, 7),
    EDGES,
    st.integers(-2, 2),
)
VALUES = st.one_of(
    st.sampled_from([0, 0.0, -0.0, 1, 1.0, 1e308, -1e308, 5e-324, 0.1, 2**53 + 1]),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(max_size=3),
)
TOLD = st.lists(
    st.tuples(TIMES, st.sampled_from("ab"), st.sampled_from("xy"), VALUES),
    min_size=1,
    max_size=40,
    unique_by=lambda each: each[:3],
)


def publish(house: World, told: list[Told]) -> None:
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for at, message, name, value in told:
        rows.setdefault((at, message), {})[name] = value
    for (at, message), values in rows.items():
        house.publish({"timestamp": at, "message_id": message, **values}, device_id="sensor-1")


def over_tiers(house: World, at_once: int) -> HotReader:
    """The hot reader on the stores of a world, which holds few readings in memory."""
    tiers = []
    for kind in ("cold-store", "archive-store"):
        found = house.topology.named(kind)
        assert found is not None
        tiers.append(partial(rows_in, house.ports[found.cloud].object_store(found.id)))
    return HotReader(
        store=house.store, older=tiers, catalog=CATALOG, hierarchy=HIERARCHY, clock=RigClock(), read_at_once=at_once
    )


class Movers:
    """Movers that run while a query does: before some of its calls of a store, and die in the middle of it."""

    def __init__(self, house: World, chance: random.Random) -> None:
        self._house, self._chance = house, chance
        self._running = False

    def __enter__(self) -> None:
        self.set_fuse(self._before_a_call)

    def __exit__(self, *_: object) -> None:
        self.set_fuse(lambda: None)

    def set_fuse(self, fuse: Callable[[], None]) -> None:
        """What is called before every call of a store."""
        for ports in self._house.ports.values():
            for store in (*ports.stores.values(), *ports.objects.values()):
                store.fuse = fuse

    def _before_a_call(self) -> None:
        if self._running:
            if self._chance.random() < 0.3:
                raise TwinError("the mover is dead")
        elif self._chance.random() < 0.2:
            self._running = True
            with suppress(TwinError):
                self._house.named(self._chance.choice(("hot-to-cold-mover", "cold-to-archive-mover"))).run(
                    Trigger.SCHEDULE
                )
            self._running = False


@settings(max_examples=60)  # each has ten queries of many calls over three stores
@given(st.data())
def test_buckets_are_those_of_lists_in_memory_while_movers_run(data: st.DataObject) -> None:
    told = data.draw(TOLD)
    house = world()
    late = data.draw(st.integers(0, len(told)))
    publish(house, told[late:])
    move(house)
    publish(house, told[:late])  # so that tiers overlap
    names = data.draw(st.permutations(sorted({name for _, _, name, _ in told})))
    start, end = data.draw(st.just((0, NOW)) | st.tuples(TIMES, TIMES).map(sorted))
    every = data.draw(st.sampled_from(list(EVERY)))
    size, at_once = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    chance = random.Random(data.draw(st.integers(0, 1 << 32)))
    read = over_tiers(house, at_once)
    ways = list(product(Aggregate, ("ASCENDING", "DESCENDING")))
    for aggregate, order in chance.sample(ways, len(ways)):
        asked = {
            "iotDeviceId": "sensor-1",
            "selectedProperties": names,
            "startTime": from_milliseconds(start),
            "endTime": from_milliseconds(end),
            "every": every,
            "aggregate": aggregate,
            "orderByTime": order,
            "maxResults": size,
        }
        with Movers(house, chance):
            found = buckets(read, asked)
        for name in names:
            oracle = expected(told, start, end, EVERY[every], aggregate, name)
            assert same(found.get(name, []), oracle if order == "ASCENDING" else oracle[::-1]), (name, aggregate, order)


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_movers_may_run_between_any_two_calls_of_a_store(order: str) -> None:
    early: list[Told] = [(NOW - day * DAY - n * 1_000, "m", "x", day * 10 + n) for day in range(7) for n in range(3)]
    told = [*early, *((at, "a", "x", value + 100) for at, _, _, value in early if value % 10 < 2)]
    asked = {"iotDeviceId": "sensor-1", "selectedProperties": ["x"], "every": "1d", "orderByTime": order}
    oracle = {each: expected(told, 0, NOW, DAY, each, "x") for each in ("count", "mean")}
    for step in itertools.count():
        house = world()
        publish(house, early)
        move(house)
        publish(house, told[len(early) :])  # readings that share a stamp are in two tiers
        calls, at = itertools.count(), {step}

        def meanwhile(house: World = house, calls: Iterator[int] = calls, at: set[int] = at) -> None:
            if next(calls) in at:
                at.clear()  # the movers call the stores too
                move(house)

        read = over_tiers(house, at_once=1)
        Movers(house, random.Random()).set_fuse(meanwhile)
        aggregate = ("count", "mean")[step % 2]
        found = buckets(read, {**asked, "aggregate": aggregate})["x"]
        assert same(found, oracle[aggregate][:: 1 if order == "ASCENDING" else -1]), step
        if at:
            assert step > 20
            return


# --- one store -------------------------------------------------------------------------------------------------------


def reader(*rows: tuple[str, dict[str, Any]], clock: RigClock | None = None, **more: Any) -> HotReader:
    store = RigHotStore()
    store.write(
        [
            reading({"device_id": "sensor-1", "timestamp": at, "message_id": str(number), **values})
            for number, (at, values) in enumerate(rows)
        ]
    )
    return HotReader(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=clock or RigClock(), **more)


ASKED = {"iotDeviceId": "sensor-1", "selectedProperties": ["temperature"], "every": "5m"}
QUARTER = [
    ("2026-01-15T10:04:59.999Z", {"temperature": 1.0, "mode": "heat", "on": True, "humidity": 40}),
    ("2026-01-15T10:05:00.000Z", {"temperature": 2.0, "mode": "cool", "humidity": 41}),
    ("2026-01-15T10:09:59.999Z", {"temperature": 4.5, "on": False, "humidity": 43}),
    ("2026-01-15T10:10:00.000Z", {"temperature": 8.0}),
]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, [("10:00", 1.0), ("10:05", 3.25), ("10:10", 8.0)]),
        ({"startTime": "2026-01-15T10:05:00Z"}, [("10:05", 4.5), ("10:10", 8.0)]),
        ({"startTime": "2026-01-15T10:04:59.999Z"}, [("10:05", 3.25), ("10:10", 8.0)]),
        ({"endTime": "2026-01-15T10:09:59.998Z"}, [("10:00", 1.0), ("10:05", 2.0)]),
        ({"endTime": "2026-01-15T10:10:00Z"}, [("10:00", 1.0), ("10:05", 3.25), ("10:10", 8.0)]),
        ({"startTime": "2026-01-15T10:10:00Z"}, []),
    ],
)
def test_bounds_cut_readings_and_not_buckets(bounds: dict[str, str], expected: list[tuple[str, float]]) -> None:
    found = buckets(reader(*QUARTER), {**ASKED, **bounds}).get("temperature", [])
    assert [(at[11:16], value) for at, value in found] == expected
    assert all(at.endswith(":00.000Z") for at, _ in found)


@pytest.mark.parametrize(
    ("aggregate", "name", "values"),
    [
        ("min", "temperature", [{"doubleValue": 1.0}, {"doubleValue": 2.0}, {"doubleValue": 8.0}]),
        ("max", "humidity", [{"integerValue": 40}, {"integerValue": 43}]),
        ("mean", "humidity", [{"doubleValue": 40.0}, {"doubleValue": 42.0}]),
        ("last", "mode", [{"stringValue": "heat"}, {"stringValue": "cool"}]),
        ("last", "on", [{"booleanValue": True}, {"booleanValue": False}]),
        ("count", "mode", [{"integerValue": 1}, {"integerValue": 1}]),
        ("count", "temperature", [{"integerValue": 1}, {"integerValue": 2}, {"integerValue": 1}]),
    ],
)
def test_a_value_is_of_its_propertys_type_and_a_mean_is_a_double(
    aggregate: str, name: str, values: list[dict[str, Any]]
) -> None:
    answer = reader(*QUARTER)({**ASKED, "selectedProperties": [name], "aggregate": aggregate})
    (series,) = answer["propertyValues"]
    assert [each["value"] for each in series["values"]] == values
    assert all(
        same(*each["value"].values(), *value.values()) for each, value in zip(series["values"], values, strict=True)
    )


def test_without_an_aggregate_it_is_the_mean_and_without_every_all_readings() -> None:
    read = reader(*QUARTER)
    assert buckets(read, ASKED) == buckets(read, {**ASKED, "aggregate": "mean"})
    assert len(buckets(read, {**ASKED, "every": None})["temperature"]) == 4


@pytest.mark.parametrize("every", ["5m", "300s", 300, "300", "300000ms"])
def test_a_bucket_may_be_said_in_several_ways(every: Any) -> None:
    assert buckets(reader(*QUARTER), {**ASKED, "every": every}) == buckets(reader(*QUARTER), ASKED)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"every": "5 minutes"}, "every must be whole seconds, or a span as in 90s, 5m, 1h, 1d; found '5 minutes'"),
        ({"every": "-5m"}, "every must be whole seconds, .*; found '-5m'"),
        ({"every": "1.5h"}, "every must be whole seconds, .*; found '1.5h'"),
        ({"every": True}, "every must be whole seconds, .*; found True"),
        ({"every": 0.5}, "every must be whole seconds, .*; found 0.5"),
        ({"every": []}, r"every must be whole seconds, .*; found \[\]"),
        ({"every": "999ms"}, "every must be from 1s to 366d, found '999ms'"),
        ({"every": 0}, "every must be from 1s to 366d, found 0"),
        ({"every": "367d"}, "every must be from 1s to 366d, found '367d'"),
        ({"aggregate": "median"}, "aggregate must be one of min, max, mean, last, count; found 'median'"),
        ({"aggregate": ["min"]}, r"aggregate must be one of .*; found \['min'\]"),
        ({"every": None, "aggregate": "min"}, "aggregate 'min' needs every, the length of a bucket, as in 5m"),
        ({"selectedProperties": ["mode"]}, "mode is a string, which has no mean; it has last and count"),
        ({"selectedProperties": ["on"], "aggregate": "max"}, "on is a boolean, which has no max"),
        ({"nextToken": "WzAsWyJ4IiwiIl1d"}, "nextToken was not issued by this reader"),
    ],
)
def test_a_refusal_is_one_sentence(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FinalError, match=f"^{sentence}") as caught:
        reader(*QUARTER)({**ASKED, **asked})
    assert caught.value.status == 400


def test_what_is_not_declared_counts_by_its_numbers() -> None:
    read = reader(
        ("2026-01-15T10:00:00.000Z", {"x": "text"}),
        ("2026-01-15T10:00:01.000Z", {"x": 3}),
        ("2026-01-15T10:06:00.000Z", {"x": True}),
    )
    asked = {**ASKED, "selectedProperties": ["x"]}
    assert buckets(read, asked) == {"x": [("2026-01-15T10:00:00.000Z", 3.0)]}
    assert [value for _, value in buckets(read, {**asked, "aggregate": "count"})["x"]] == [2, 1]


def test_a_mean_is_exact() -> None:
    values = [1e308, 1e308, 0.1, -1e308, -1e308]
    read = reader(*((f"2026-01-15T10:00:0{n}.000Z", {"temperature": value}) for n, value in enumerate(values)))
    ((_, mean),) = buckets(read, ASKED)["temperature"]
    assert mean == 0.1 / 5
    total = reader(*((f"2026-01-15T10:00:0{n}.000Z", {"total": 2**53 + n}) for n in (1, 3)))
    ((_, mean),) = buckets(total, {**ASKED, "selectedProperties": ["total"]})["total"]
    assert mean == 2**53 + 2


# --- time ------------------------------------------------------------------------------------------------------------


class SlowStore(RigHotStore):
    """Every query takes its time."""

    def __init__(self, clock: RigClock) -> None:
        super().__init__()
        self.fuse = lambda: clock.advance(4.0)


def slow(count: int, at_once: int) -> HotReader:
    clock = RigClock()
    store = SlowStore(clock)
    store.write(
        [
            reading(
                {"device_id": "sensor-1", "timestamp": from_milliseconds(NOW - n * 60_000), "temperature": float(n)}
            )
            for n in range(count)
        ]
    )
    return HotReader(store=store, catalog=CATALOG, hierarchy=HIERARCHY, clock=clock, read_at_once=at_once)


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_a_page_ends_in_time_with_a_whole_bucket(order: str) -> None:
    asked = {**ASKED, "aggregate": "count", "orderByTime": order}
    read = slow(100, at_once=9)
    first = read(asked)
    assert first["nextToken"] is not None
    given = [each["value"] for series in first["propertyValues"] for each in series["values"]]
    assert 0 < len(given) < 20
    found = buckets(read, asked)["temperature"]
    assert sum(value for _, value in found) == 100
    assert found == buckets(slow(100, at_once=1_000), asked)["temperature"]


def test_a_bucket_that_takes_too_long_is_refused_with_what_to_do() -> None:
    with pytest.raises(FinalError, match=r"^buckets of 1d have more readings than one call reads; .* smaller every"):
        buckets(slow(100, at_once=4), {**ASKED, "every": "1d"})
