"""What a hot store does for a mover: delete a range of one device, and nothing else."""

from tests.rigs.hot_store import delete_between
from tests.rigs.readings import reading as rig_reading
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.ports.hot_store import RangeQuery
from twin2multicloud.stores.rows import time_span

ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def stamp(minute: int) -> str:
    return from_milliseconds(1_768_471_200_000 + 60_000 * minute)


def reading(minute: int, device: str = "d", **values) -> Reading:
    key = {"device_id": device, "timestamp": stamp(minute), "message_id": f"m{minute}"}
    return rig_reading({**key, **(values or {"t": minute})})


def fill(rig, minutes: range, device: str = "d") -> None:
    rig.store.write([reading(each, device) for each in minutes])
    rig.settle()


def left(rig, device: str = "d") -> list:
    start, end = ALWAYS
    asked = RangeQuery(device_id=device, start=start, end=end, properties=("t",), limit=10_000)
    return [row.values["t"] for row in rig.store.range(asked)]


def test_the_start_is_exclusive_and_the_end_inclusive(hot_store_rig):
    fill(hot_store_rig, range(6))
    assert delete_between(hot_store_rig.store, "d", stamp(1), stamp(3)) == 2
    assert left(hot_store_rig) == [0, 1, 4, 5]


def test_deleting_again_deletes_nothing(hot_store_rig):
    fill(hot_store_rig, range(3))
    assert delete_between(hot_store_rig.store, "d", *ALWAYS) == 3
    assert delete_between(hot_store_rig.store, "d", *ALWAYS) == 0
    assert left(hot_store_rig) == []


def test_an_empty_range_is_no_range(hot_store_rig):
    fill(hot_store_rig, range(3))
    assert delete_between(hot_store_rig.store, "d", stamp(2), stamp(0)) == 0
    assert delete_between(hot_store_rig.store, "d", stamp(1), stamp(1)) == 0
    assert delete_between(hot_store_rig.store, "stranger", *ALWAYS) == 0
    assert left(hot_store_rig) == [0, 1, 2]


def test_other_devices_stay(hot_store_rig):
    for device in ("d", "d2"):
        fill(hot_store_rig, range(3), device)
    delete_between(hot_store_rig.store, "d", *ALWAYS)
    assert left(hot_store_rig, "d2") == [0, 1, 2]


def test_a_range_of_more_than_a_page_goes_whole(hot_store_rig):
    fill(hot_store_rig, range(1_250))
    assert delete_between(hot_store_rig.store, "d", stamp(0), stamp(1_240)) == 1_240
    assert left(hot_store_rig) == [0, *range(1_241, 1_250)]


def test_what_was_written_before_goes_too_and_what_is_written_after_stays(hot_store_rig):
    """Without waiting in between: on one thread, the order of calls is the order of what happens."""
    hot_store_rig.store.write([reading(0), reading(1)])
    assert delete_between(hot_store_rig.store, "d", *ALWAYS) == 2
    hot_store_rig.store.write([reading(1)])
    hot_store_rig.settle()
    assert left(hot_store_rig) == [1]


def test_last_is_what_is_left_and_new_readings_are_taken(hot_store_rig):
    fill(hot_store_rig, range(4))
    delete_between(hot_store_rig.store, "d", stamp(1), stamp(3))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(1), 1)}
    fill(hot_store_rig, range(2, 3))
    assert hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(2), 2)}


def test_last_was_asked_for_before_and_is_no_memory_of_what_is_gone(hot_store_rig):
    hot_store_rig.store.write([reading(0, a=0, b=0), reading(1, a=1, c=1), reading(2, a=2)])
    hot_store_rig.settle()
    assert hot_store_rig.store.last("d", ("a", "b", "c")).keys() == {"a", "b", "c"}
    delete_between(hot_store_rig.store, "d", ALWAYS[0], stamp(1))
    assert hot_store_rig.store.last("d", ("a", "b", "c")) == {"a": (stamp(2), 2)}
    delete_between(hot_store_rig.store, "d", *ALWAYS)
    assert hot_store_rig.store.last("d", ("a", "b", "c")) == {}


def test_a_property_that_was_gone_can_be_measured_again(hot_store_rig):
    hot_store_rig.store.write([reading(0, a=0), reading(1, b=1)])
    hot_store_rig.settle()
    delete_between(hot_store_rig.store, "d", ALWAYS[0], stamp(0))
    assert hot_store_rig.store.last("d", ("a",)) == {}
    hot_store_rig.store.write([reading(2, a=2)])
    hot_store_rig.settle()
    assert hot_store_rig.store.last("d", ("a", "b")) == {"a": (stamp(2), 2), "b": (stamp(1), 1)}


def test_what_is_gone_already_does_not_matter_to_a_table(hot_store_rig):
    fill(hot_store_rig, range(3))
    keys = [row.key for row in hot_store_rig.table.page("d", time_span(stamp(-1), stamp(3)), 10, ())]
    assert len(keys) == 3
    delete_between(hot_store_rig.store, "d", stamp(0), stamp(1))
    hot_store_rig.table.delete("d", keys)
    assert left(hot_store_rig) == []


def test_a_device_is_erased_with_all_that_is_known_of_it(hot_store_rig):
    for device in ("d", "d2"):
        fill(hot_store_rig, range(5), device)
    store = hot_store_rig.store
    assert store.erase("d", 3) == 3
    assert left(hot_store_rig) == [3, 4]
    assert store.measured("d") == {"t"}
    assert store.erase("d", 3) == 2
    assert store.erase("d", 3) == 0
    assert (left(hot_store_rig), store.measured("d"), store.last("d", ("t",))) == ([], set(), {})
    assert (left(hot_store_rig, "d2"), store.measured("d2")) == ([0, 1, 2, 3, 4], {"t"})


def test_an_erased_device_may_come_back(hot_store_rig):
    fill(hot_store_rig, range(2))
    hot_store_rig.store.erase("d", 100)
    fill(hot_store_rig, range(2, 4))
    assert left(hot_store_rig) == [2, 3]
    assert hot_store_rig.store.measured("d") == {"t"}
