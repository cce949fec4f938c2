"""What a hot store does for a mover: delete a range of one device, and nothing else."""

from twin2multicloud.ports.hot_store import RangeQuery

ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def stamp(minute: int) -> str:
    return f"2026-01-15T{10 + minute // 60}:{minute % 60:02}:00.000Z"


def fill(rig, minutes: range, device: str = "d") -> None:
    rig.store.write(
        [{"device_id": device, "timestamp": stamp(each), "message_id": f"m{each}", "t": each} for each in minutes]
    )


def left(rig, device: str = "d") -> list:
    start, end = ALWAYS
    asked = RangeQuery(device_id=device, start=start, end=end, properties=("t",), limit=10_000)
    return [row.values["t"] for row in rig.store.range(asked)]


def test_the_start_is_exclusive_and_the_end_inclusive(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(6))
    assert prunable_hot_store_rig.store.delete_range("d", stamp(1), stamp(3)) == 2
    assert left(prunable_hot_store_rig) == [0, 1, 4, 5]


def test_deleting_again_deletes_nothing(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(3))
    assert prunable_hot_store_rig.store.delete_range("d", *ALWAYS) == 3
    assert prunable_hot_store_rig.store.delete_range("d", *ALWAYS) == 0
    assert left(prunable_hot_store_rig) == []


def test_an_empty_range_is_no_range(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(3))
    assert prunable_hot_store_rig.store.delete_range("d", stamp(2), stamp(0)) == 0
    assert prunable_hot_store_rig.store.delete_range("stranger", *ALWAYS) == 0
    assert left(prunable_hot_store_rig) == [0, 1, 2]


def test_other_devices_stay(prunable_hot_store_rig):
    for device in ("d", "d2"):
        fill(prunable_hot_store_rig, range(3), device)
    prunable_hot_store_rig.store.delete_range("d", *ALWAYS)
    assert left(prunable_hot_store_rig, "d2") == [0, 1, 2]


def test_a_range_of_more_than_a_page_goes_whole(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(1_250))
    assert prunable_hot_store_rig.store.delete_range("d", stamp(0), stamp(1_240)) == 1_240
    assert left(prunable_hot_store_rig) == [0, *range(1_241, 1_250)]


def test_last_is_what_is_left_and_new_readings_are_taken(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(4))
    prunable_hot_store_rig.store.delete_range("d", stamp(1), stamp(3))
    assert prunable_hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(1), 1)}
    fill(prunable_hot_store_rig, range(2, 3))
    assert prunable_hot_store_rig.store.last("d", ("t",)) == {"t": (stamp(2), 2)}


def test_what_is_gone_already_does_not_matter_to_a_table(prunable_hot_store_rig):
    fill(prunable_hot_store_rig, range(3))
    low, high = stamp(0), stamp(3)
    keys = [row.sort_key for row in prunable_hot_store_rig.table.page("d", low, high, 10)]
    prunable_hot_store_rig.store.delete_range("d", stamp(0), stamp(1))
    prunable_hot_store_rig.table.delete("d", keys)
    assert left(prunable_hot_store_rig) == []
