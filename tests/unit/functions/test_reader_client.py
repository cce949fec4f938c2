"""Querying the readers through an invocation: what comes out is what is in the store, however many pages it takes."""

from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.invocation import RigInvocation
from tests.rigs.readings import readings
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.functions.storage.hot_reader import HotReader
from twin2multicloud.functions.storage.hot_reader_last_entry import HotReaderLastEntry
from twin2multicloud.functions.storage.reader_client import HotReaders

ALWAYS = ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")
CATALOG = DeviceCatalog(
    types=(
        DeviceType(
            name="room",
            properties=(
                Property(name="t", data_type=DataType.DOUBLE),
                Property(name="n", data_type=DataType.LONG),
                Property(name="serial", data_type=DataType.STRING, constant="S-1"),
            ),
        ),
    ),
    devices=(Device(id="room-1", type="room"),),
)


def stamp(number):
    return f"2026-01-15T10:{number // 60:02}:{number % 60:02}.000Z"


class Asked:
    """Both readers over one store; `pages` counts what history took. `longest` cuts its pages."""

    def __init__(self, count, longest=10_000):
        store = RigHotStore()
        store.write(
            readings(
                {"device_id": "room-1", "timestamp": stamp(n), "message_id": str(n), "t": n + 0.5, "n": 2**53 + n}
                for n in range(count)
            )
        )
        parts = {"store": store, "catalog": CATALOG, "hierarchy": Hierarchy(), "clock": RigClock()}
        history = HotReader(**parts)
        self.pages = 0

        def paged(asked):
            self.pages += 1
            return history({**asked, "maxResults": min(longest, asked["maxResults"])})

        self.readers = HotReaders(
            RigInvocation({"hot-reader": paged, "hot-reader-last-entry": HotReaderLastEntry(**parts)})
        )


def test_history_is_in_time_order_and_by_property():
    found = Asked(3).readers.history("room-1", ["t", "n"], *ALWAYS)
    assert found == {
        "t": [(stamp(n), n + 0.5) for n in range(3)],
        "n": [(stamp(n), 2**53 + n) for n in range(3)],
    }


def test_pages_are_put_together():
    asked = Asked(25, longest=7)
    assert asked.readers.history("room-1", ["t"], *ALWAYS) == {"t": [(stamp(n), n + 0.5) for n in range(25)]}
    assert asked.pages == 4


def test_the_newest_are_given_and_no_more_is_asked_for_than_is_wanted():
    asked = Asked(25, longest=7)
    assert asked.readers.history("room-1", ["t"], *ALWAYS, max_points=10) == {
        "t": [(stamp(n), n + 0.5) for n in range(15, 25)]
    }
    assert asked.pages == 2


def test_buckets_are_put_together_from_pages():
    asked = Asked(150, longest=1)
    found = asked.readers.history("room-1", ["n"], *ALWAYS, every="1m", aggregate="count")
    assert found == {"n": [(stamp(0), 60), (stamp(60), 60), (stamp(120), 30)]}
    assert asked.pages == 3
    assert asked.readers.history("room-1", ["t"], *ALWAYS, every=60)["t"][0] == (stamp(0), 30.0)


def test_the_oldest_reading_is_found():
    assert Asked(3).readers.oldest("room-1", ["t", "n"]) == stamp(0)
    assert Asked(0).readers.oldest("room-1", ["t"]) is None


def test_a_property_that_has_no_values_is_there_and_empty():
    assert Asked(0).readers.history("room-1", ["t"], *ALWAYS) == {"t": []}


def test_latest_values_have_their_times_and_constants_have_none():
    assert Asked(3).readers.latest("room-1", ["t", "serial"]) == {"t": (stamp(2), 2.5), "serial": (None, "S-1")}
