"""What costs say of the movers, held against the real ones: they age a small fleet in memory, counted."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.rigs.chance import RigChance
from tests.rigs.hot_store import RigHotStore
from tests.rigs.object_store import RigObjectStore
from tests.rigs.readings import reading
from twin2multicloud.costs.traffic import MOVER_MS_PER_MB, Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB, Workload
from twin2multicloud.domain.rota import RUNS_A_DAY, SHARES, WHOLE, Share
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import day_before, from_datetime
from twin2multicloud.functions.storage.chunks import MAX_CHUNK_BYTES, next_chunk
from twin2multicloud.functions.storage.cold_to_archive_mover import cold_to_archive
from twin2multicloud.functions.storage.hot_to_cold_mover import hot_to_cold
from twin2multicloud.functions.storage.moving import Moved
from twin2multicloud.ports.hot_store import RowKey
from twin2multicloud.ports.object_store import StoredObject

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
HOT_DAYS, COLD_DAYS, DAYS = 2, 5, 8


class CountingObjectStore(RigObjectStore):
    """Counts the calls of its port, and the bytes that it was given."""

    def __init__(self, others: dict[str, RigObjectStore] | None = None) -> None:
        super().__init__(others)
        self.calls: Counter[str] = Counter()

    def create(self, name: str, body: bytes) -> None:
        self.calls["create"] += 1
        self.calls["bytes"] += len(body)
        super().create(name, body)

    def read(self, name: str) -> bytes:
        self.calls["read"] += 1
        return super().read(name)

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        self.calls["objects"] += 1
        return super().objects(prefix, after, limit)

    def delete(self, name: str) -> None:
        self.calls["delete"] += 1
        super().delete(name)

    def take(self, name: str, bucket: str) -> None:
        self.calls["take"] += 1
        super().take(name, bucket)


class CountingHotStore(RigHotStore):
    """Counts the pages that the mover asks for, and the rows that it deletes."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        self.calls["oldest"] += 1
        return super().oldest(device_id, before, limit, after)

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        self.calls["deleted"] += len(keys)
        super().delete(device_id, keys)


class Fleet:
    """Devices whose readings age through three stores of one cloud, or of two with a POST between."""

    def __init__(self, w: Workload, *, apart: bool = False) -> None:
        self.w, self.apart = w, apart
        self.devices = [f"sensor-{n}" for n in range(w.devices)]
        self.hot, self.cold = CountingHotStore(), CountingObjectStore()
        self.archive = CountingObjectStore({"cold": self.cold})
        self._chance = random.Random(7)

    def live(self, day: int) -> None:
        """One day: devices send, then both movers run by the rota for another day."""
        start = FIRST + timedelta(days=day)
        for device in self.devices:
            self.hot.write([self._reading(device, start, n) for n in range(round(24 * 60 / self.w.interval_min))])
        now = from_datetime(start + timedelta(days=1))
        hand = self._post if self.apart else lambda name: self.archive.take(name, "cold")
        to_cold = hot_to_cold(self.devices, self.hot, self.cold.create, RigChance())
        to_archive = cold_to_archive(self.devices, self.cold, hand)
        self.moved = []
        for number in range(RUNS_A_DAY):
            share = Share(number % SHARES, SHARES)
            self.moved += to_cold(day_before(now, HOT_DAYS), share)
            self.moved += to_archive(day_before(now, COLD_DAYS), share)

    def _post(self, name: str) -> None:
        self.archive.create(name, self.cold.read(name))

    def _reading(self, device: str, start: datetime, n: int) -> Reading:
        stamp = from_datetime(start + timedelta(minutes=self.w.interval_min * n))
        values = {f"v{i}": round(self._chance.gauss(20, 1), 3) for i in range(10)}
        note = "x" * max(round(self.w.message_kb * 1024) - 190, 0)
        key = {"device_id": device, "timestamp": stamp, "message_id": f"{self._chance.getrandbits(64):016x}"}
        return reading({**key, **values, "note": note})


def steady(fleet: Fleet) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """The calls of one day in the steady state: hot, cold, archive."""
    for day in range(DAYS):
        fleet.live(day)
    stores = (fleet.hot, fleet.cold, fleet.archive)
    for store in stores:
        store.calls.clear()
    fleet.live(DAYS)
    return fleet.hot.calls, fleet.cold.calls, fleet.archive.calls


MONTHS = {"hot_months": HOT_DAYS / DAYS_PER_MONTH, "cool_months": COLD_DAYS / DAYS_PER_MONTH, "archive_months": 12}
SMALL = Workload(devices=7, interval_min=15, message_kb=0.4, **MONTHS)
LARGE = msgspec.structs.replace(SMALL, devices=1, interval_min=60, message_kb=200)
"""A day of a device has 4.9 MB: two objects."""
SELDOM = msgspec.structs.replace(SMALL, devices=400, interval_min=1440)
"""More objects in the cold store than one listing has."""


@pytest.mark.parametrize("apart", [False, True], ids=["one cloud", "two clouds"])
@pytest.mark.parametrize("w", [SMALL, LARGE, SELDOM], ids=["small", "large", "seldom"])
def test_objects_and_requests_are_those_of_the_movers(w: Workload, apart: bool) -> None:
    t, fleet = Traffic.of(w), Fleet(w, apart=apart)
    hot, cold, archive = steady(fleet)
    objects = t.chunks / DAYS_PER_MONTH
    assert cold["create"] == cold["delete"] == pytest.approx(objects)
    assert len(fleet.cold.bodies) == pytest.approx(t.chunks * t.cold_months)
    assert cold["objects"] == pytest.approx(t.listings(t.cold_months) / DAYS_PER_MONTH)
    asked, copied = (cold["read"], archive["create"]) if apart else (archive["take"], archive["take"])
    assert asked == copied == pytest.approx(objects)
    assert hot["deleted"] == pytest.approx(t.messages / DAYS_PER_MONTH)
    assert hot["oldest"] == pytest.approx(t.hot_searches / DAYS_PER_MONTH)
    assert fleet.moved.count(Moved(0, 0, 0)) >= w.devices, "one question a device finds nothing more"


@pytest.mark.parametrize("w", [SMALL, LARGE], ids=["small", "large"])
def test_bytes_are_those_of_the_movers_before_compression(w: Workload) -> None:
    fleet = Fleet(w)
    _, cold, _ = steady(fleet)
    plain = sum(len(line.encoded) + 1 for line in [fleet._reading("sensor-0", FIRST, 0)])
    t = Traffic.of(w)
    assert plain == pytest.approx((w.message_kb + 0.1) * 1024, rel=0.2)
    a_day = t.packed_gb * KB_PER_GB * 1024 / DAYS_PER_MONTH * w.compression
    readings = w.devices * 24 * 60 / w.interval_min
    assert plain * readings == pytest.approx(a_day, rel=0.2)
    assert cold["bytes"] < plain * readings / 2


def test_a_day_of_24_values_without_pattern_compresses_as_the_default_says() -> None:
    """What compresses worst of the recorded data is such a day: one value of ten digits an hour (docs/costs.md)."""
    chance = random.Random(3)
    day = [
        reading(
            {
                "device_id": "machine",
                "timestamp": from_datetime(FIRST + timedelta(hours=n)),
                "message_id": f"{chance.getrandbits(64):016x}",
                "value": round(chance.gauss(70, 3), 8),
            }
        )
        for n in range(24)
    ]
    chunk = next_chunk(day)
    assert chunk is not None
    plain = sum(len(each.encoded) + 1 for each in day)
    assert SMALL.compression <= plain / len(chunk.body) < SMALL.compression * 1.5


def test_the_size_of_an_object_is_the_movers() -> None:
    assert SMALL.chunk_mb * 1e6 == MAX_CHUNK_BYTES


def test_a_megabyte_takes_a_mover_less_than_its_price_says() -> None:
    """On a whole core; a function of 256 MB has a seventh of one. The best of three, since machines are busy."""
    fleet = Fleet(LARGE)
    best = float("inf")
    for day in range(3):
        start = FIRST + timedelta(days=day)
        fleet.hot.write([fleet._reading("sensor-0", start, n) for n in range(20)])
        began = time.perf_counter()
        list(hot_to_cold(["sensor-0"], fleet.hot, fleet.cold.create, RigChance())("2027-01-01T00:00:00.000Z", WHOLE))
        best = min(best, time.perf_counter() - began)
    assert best * 1000 / (20 * 200 / 1024) < MOVER_MS_PER_MB
