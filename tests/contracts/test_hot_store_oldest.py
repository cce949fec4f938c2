"""What a hot store gives to a mover: whole readings, the oldest first, page by page; deleting them by key."""

import pytest

from tests.rigs.hot_store import delete_between
from tests.rigs.readings import reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.ports.hot_store import RowKey

END = "9999-12-31T23:59:59.999Z"
VALUES = {"whole": 1 << 53 | 1, "float": 21.0, "text": "é", "truth": True, "zero": -0.0}


def stamp(minute: int) -> str:
    return from_milliseconds(1_768_471_200_000 + 60_000 * minute)


def made(minute: int, message: str = "m", **values):
    key = {"device_id": "d", "timestamp": stamp(minute), "message_id": message}
    return reading({**key, **(values or {"t": minute})})


def test_a_reading_comes_back_whole_with_its_properties_sorted(hot_store_rig):
    hot_store_rig.store.write([made(0, **VALUES)])
    hot_store_rig.settle()
    (found,) = hot_store_rig.store.oldest("d", END, 10)
    assert found == made(0, **dict(sorted(VALUES.items())))


def test_pages_go_on_after_a_key_and_end_before_an_instant(hot_store_rig):
    written = [made(minute, message) for minute in range(3) for message in ("a", "b")]
    hot_store_rig.store.write(written)
    hot_store_rig.settle()
    store = hot_store_rig.store
    assert list(store.oldest("d", stamp(2), 3)) == written[:3]
    assert list(store.oldest("d", stamp(2), 3, RowKey(stamp(1), "a"))) == written[3:4]
    assert list(store.oldest("d", stamp(0), 3)) == []
    assert list(store.oldest("stranger", END, 3)) == []


@pytest.mark.parametrize("count", [0, 1, 2_500])
def test_exactly_the_named_readings_go(hot_store_rig, count):
    store = hot_store_rig.store
    store.write([made(minute) for minute in range(count + 2)])
    hot_store_rig.settle()
    store.delete("d", [RowKey(stamp(minute), "m") for minute in range(1, count + 1)] + [RowKey(stamp(0), "other")])
    assert [found.key.timestamp for found in store.oldest("d", END, 10)] == [stamp(0), stamp(count + 1)]
    assert delete_between(store, "d", "0001-01-01T00:00:00.000Z", END) == 2
