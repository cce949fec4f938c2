"""Latest values on their way to a twin service: the newest stays, a batch is one update, throttling waits."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clock import RigClock
from tests.rigs.twin_graph import RigTwinGraph
from tests.rigs.twins import CATALOG, HIERARCHY
from twin2multicloud.domain.hierarchy import Entity, EntityComponent, Hierarchy
from twin2multicloud.domain.telemetry import Reading, normalise
from twin2multicloud.domain.twin_graph import TwinModel
from twin2multicloud.functions.twins.graph_writer import GraphWriter
from twin2multicloud.ports.twin_graph import ChangedError, Measured

TWIN = "room-1.thermostat"
NOW = "2026-01-15T10:30:00.000Z"


def reading(second: int, device: str = "sensor-1", **values: object) -> Reading:
    return normalise({"device_id": device, "ts": f"2026-01-15T10:00:{second:02}Z", **values}, now=NOW)


class Writing:
    def __init__(self, hierarchy: Hierarchy = HIERARCHY) -> None:
        self.graph, self.clock = RigTwinGraph(), RigClock()
        self.writer = GraphWriter(self.graph, TwinModel(hierarchy, CATALOG), self.clock)

    def write(self, *readings: Reading) -> list[tuple[int, bool]]:
        return [(each.index, each.final) for each in self.writer.write_batch(readings, "0" * 32)]

    @property
    def values(self) -> dict[str, object]:
        return dict(self.graph.twins[TWIN].values)


def test_a_batch_is_one_update_of_a_twin_with_the_newest_of_each_property() -> None:
    there = Writing()
    assert there.write(reading(3, temperature=3.0), reading(1, temperature=1.0, mode="eco"), reading(2, on=True)) == []
    assert there.values == {"temperature": 3.0, "mode": "eco", "on": True}
    assert there.graph.twins[TWIN].times["mode"] == "2026-01-15T10:00:01.000Z"
    assert there.graph.updates == [TWIN]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_late_reading_never_replaces_a_newer_one(order: tuple[int, ...]) -> None:
    there = Writing()
    for second in order:
        assert there.write(reading(second, temperature=float(second))) == []
    assert there.values == {"temperature": 2.0}


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["temperature", "total"])), max_size=12), st.data())
def test_however_readings_are_cut_into_batches_the_newest_of_each_property_is_there(found, data) -> None:
    there = Writing()
    readings = [reading(second, **{name: second if name == "total" else float(second)}) for second, name in found]
    while readings:
        count = data.draw(st.integers(1, len(readings)))
        there.write(*readings[:count])
        readings = readings[count:]
    newest: dict[str, int] = {}
    for second, name in found:
        newest[name] = max(second, newest.get(name, 0))
    assert there.graph.twins.get(TWIN, msgspec.UNSET) is msgspec.UNSET or there.values == newest


def test_the_state_of_a_twin_is_read_once_and_again_only_where_others_wrote_it() -> None:
    there = Writing()
    there.write(reading(1, temperature=1.0))
    there.write(reading(2, temperature=2.0))
    assert there.graph.reads == 1
    late = Measured(9.0, "2026-01-15T10:00:09.000Z")
    there.graph.update(TWIN, {"temperature": late}, there.graph.twins[TWIN].version)
    assert there.write(reading(5, temperature=5.0, mode="eco")) == []
    assert there.values == {"temperature": 9.0, "mode": "eco"}  # the others' is newer
    assert there.graph.reads == 2


def test_a_twin_that_others_write_all_the_time_comes_again_later() -> None:
    there = Writing()

    def changed(*_: object) -> str:
        raise ChangedError("again")

    there.graph.update = changed  # type: ignore[method-assign]
    assert there.write(reading(1, temperature=1.0)) == [(0, False)]


def test_one_twin_is_written_ten_times_a_second_at_most_and_others_do_not_wait() -> None:
    there = Writing()
    for second in range(5):
        there.write(reading(second, temperature=float(second)))
    assert there.clock.sleeps == pytest.approx([0.1] * 4)


def test_a_throttled_twin_waits_as_long_as_it_is_told_and_what_came_meanwhile_is_merged() -> None:
    there = Writing()
    there.graph.throttled = 1
    assert there.write(reading(1, temperature=1.0)) == [(0, False)]
    assert there.write(reading(1, temperature=1.0), reading(2, temperature=2.0)) == []
    assert there.clock.sleeps == pytest.approx([1.0])
    assert (there.values, there.graph.updates) == ({"temperature": 2.0}, [TWIN])


def test_what_is_refused_is_found_reading_by_reading() -> None:
    there = Writing()
    there.graph.refused_values = {"x" * 5000}
    found = there.write(reading(1, temperature=1.0), reading(2, mode="x" * 5000), reading(3, on=True))
    assert found == [(1, True)]
    assert there.values == {"temperature": 1.0, "on": True}


def test_a_twin_that_is_not_there_is_refused_for_good_and_the_others_are_written() -> None:
    components = tuple(EntityComponent(name=f"c{n}", device=f"sensor-{n}") for n in (1, 2))
    there = Writing(Hierarchy(entities=(Entity(id="room-1", name="Room", components=components),)))
    there.graph.without = {"room-1.c1"}
    found = there.write(reading(1, temperature=1.0), reading(1, "sensor-2", temperature=2.0))
    assert found == [(0, True)]
    assert there.graph.twins["room-1.c2"].values == {"temperature": 2.0}


def test_a_device_at_two_places_writes_both_twins_and_one_at_none_writes_nothing() -> None:
    components = tuple(EntityComponent(name=name, device="sensor-1") for name in ("a", "b"))
    there = Writing(Hierarchy(entities=(Entity(id="room-1", name="Room", components=components),)))
    assert there.write(reading(1, temperature=1.0), reading(1, "sensor-2", temperature=2.0)) == []
    assert sorted(there.graph.twins) == ["room-1.a", "room-1.b"]


def test_undeclared_properties_have_no_place_in_the_graph() -> None:
    there = Writing()
    assert there.write(reading(1, unknown=1.0)) == []
    assert there.graph.twins == {}
