"""Movers in virtual time: what falls due in a day is moved within the day, however it is spread over the devices.

Each request of a mover takes as long as costs say; a run is cut after its four minutes.
"""

from collections.abc import Sequence

import pytest

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.object_store import RigObjectStore
from tests.rigs.readings import reading
from twin2multicloud.costs.traffic import CROSSING_MS, MOVER_REQUEST_MS, Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, Workload
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.rota import EVERY_MINUTES, RUNS_A_DAY
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import day_before, to_datetime
from twin2multicloud.functions.storage import chunks
from twin2multicloud.functions.storage.cold_to_archive_mover import cold_to_archive
from twin2multicloud.functions.storage.hot_to_cold_mover import hot_to_cold
from twin2multicloud.functions.storage.moving import RUN_SECONDS, Mover
from twin2multicloud.ports.hot_store import RowKey

START = "2026-01-10T00:00:00.000Z"
LARGE = Workload(
    devices=3000, interval_min=1, message_kb=0.4, hot_months=1, cool_months=2, archive_months=12, points_per_series=100
)
"""3,000 readings a minute."""
PER_OBJECT_S = Traffic.of(LARGE).milliseconds(Kind.HOT_TO_COLD_MOVER) / Traffic.of(LARGE).chunks / 1000
"""What a device's day takes the mover, requests and packing of 1,440 readings: a few readings stand for them here."""


class SlowHotStore(RigHotStore):
    """Answers take their time, by a clock."""

    def __init__(self, clock: RigClock) -> None:
        super().__init__()
        self._clock = clock

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        self._clock.advance(MOVER_REQUEST_MS / 1000)
        return super().oldest(device_id, before, limit, after)


class Life:
    """Devices that send, and a mover that is started every few minutes, in one process or in a new one each time."""

    def __init__(self, devices: int, more: dict[str, int] | None = None, *, one_process: bool = True) -> None:
        self.clock = RigClock(START)
        self.devices = [f"d-{n:04}" for n in range(devices)]
        self.more, self._one_process, self.per_object = more or {}, one_process, PER_OBJECT_S
        self.hot, self.cold = SlowHotStore(self.clock), RigObjectStore()
        self.fails: dict[str, Exception] = {}
        self.runs = self.cut = 0
        self._mover = self._new()

    def _new(self) -> Mover:
        steps = hot_to_cold(self.devices, self.hot, self._create, RigChance())
        return Mover(steps=steps, retention_days=1, clock=self.clock)

    def _create(self, name: str, body: bytes) -> None:
        device = name.split("/")[0].removeprefix("device=")
        self.clock.advance(self.per_object)
        if device in self.fails:
            raise self.fails[device]
        self.cold.create(name, body)

    def live(self, days: float, *, scheduled: bool = True) -> None:
        """So many days; devices send at the beginning of each."""
        start = round(to_datetime(self.clock.now()).timestamp())
        for number in range(round(days * RUNS_A_DAY)):
            begin = start + number * EVERY_MINUTES * 60
            self.clock.advance(max(begin - to_datetime(self.clock.now()).timestamp(), 0.0))
            if number % RUNS_A_DAY == 0:
                stamp = self.clock.now()
                for each in self.devices:
                    own = range(self.more.get(each, 1))
                    self.hot.write([reading({"device_id": each, "timestamp": stamp, "n": n}) for n in own])
            if scheduled or number % RUNS_A_DAY == 1:
                self._run()
        self.clock.advance(max(start + days * 86_400 - to_datetime(self.clock.now()).timestamp(), 0.0))

    def _run(self) -> None:
        mover = self._mover if self._one_process else self._new()
        self.runs += 1
        try:
            self.cut += not mover.on_schedule()["finished"]
        except (RetryableError, FinalError, ValueError):
            return

    @property
    def late(self) -> int:
        """Readings that were due for a whole day and are still in the hot store."""
        before = day_before(day_before(self.clock.now(), 1), 1)
        return sum(key.timestamp < before for rows in self.hot.rows.values() for key in rows if key.timestamp[0] == "2")


def test_the_day_of_a_large_twin_is_more_than_one_run_and_less_than_all_of_them() -> None:
    """By the quantities that are priced: both movers, on one cloud and across."""
    t = Traffic.of(LARGE)
    for kind in (Kind.HOT_TO_COLD_MOVER, Kind.COLD_TO_ARCHIVE_MOVER):
        a_day = (t.milliseconds(kind) + t.chunks * CROSSING_MS) / DAYS_PER_MONTH / 1000
        assert a_day < RUNS_A_DAY * RUN_SECONDS / 10
    assert t.milliseconds(Kind.HOT_TO_COLD_MOVER) / DAYS_PER_MONTH / 1000 > 2 * RUN_SECONDS


@pytest.mark.parametrize("one_process", [True, False], ids=["one process", "a new process each time"])
def test_a_twin_of_3000_devices_a_minute_keeps_up(one_process: bool) -> None:
    life = Life(3000, one_process=one_process)
    for _ in range(4):
        life.live(1)
        assert life.late == 0
    assert len(life.cold.bodies) >= 2 * 3000


def test_once_a_day_it_would_not() -> None:
    """What the rota is for."""
    life = Life(3000)
    for _ in range(4):
        life.live(1, scheduled=False)
    assert life.late > 0


def test_a_device_that_is_most_of_the_twin_holds_up_no_other_and_keeps_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_CHUNK_BYTES", 1)  # a reading is an object
    life = Life(50, {"d-0007": 300})
    life.per_object = 2_100 / 300
    life.live(4)
    assert life.cut > 4
    assert life.late == 0


def test_one_that_fails_for_good_holds_up_no_other() -> None:
    life = Life(144)
    life.fails = {"d-0007": ValueError("a fault in our code"), "d-0100": FinalError("no", 403)}
    life.live(3)
    assert 0 < life.late <= 2 * 4  # their shares' others had their turn before or after
    life.fails = {}
    life.live(1)
    assert life.late == 0


def test_what_may_pass_is_gone_on_with_at_once() -> None:
    life = Life(144)
    life.live(2)  # until the first day is due
    life.fails = dict.fromkeys(life.devices, RetryableError("dark"))
    life.live(0.5)
    assert not life.cold.bodies
    life.fails = {}
    life._run()
    assert len(life.cold.bodies) >= 140, "all the shares that were missed, in the next run"


def test_objects_of_devices_that_left_the_project_go_on_to_the_archive() -> None:
    life = Life(20)
    life.live(3)
    kept = life.cold.bodies.copy()
    archive = RigObjectStore({"cold": life.cold})
    steps = cold_to_archive(life.devices[5:9], life.cold, lambda name: archive.take(name, "cold"))
    mover = Mover(steps=steps, retention_days=0, clock=life.clock)
    for _ in range(RUNS_A_DAY):
        life.clock.advance(EVERY_MINUTES * 60)
        mover.on_schedule()
    assert not life.cold.bodies
    assert archive.bodies.keys() == kept.keys()
