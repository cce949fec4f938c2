"""The emulated clouds' time, and the schedules that follow it."""

import logging
from pathlib import Path

import pytest

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.host.schedules import Schedules
from twin2multicloud.emulator.host.virtual_clock import VirtualClock, real_milliseconds

NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00Z
MINUTE, DAY = 60_000, 86_400_000


def test_without_settings_it_is_this_machines_time(tmp_path: Path) -> None:
    before = real_milliseconds()
    assert before <= VirtualClock(tmp_path / "clock.json").milliseconds <= real_milliseconds()


def test_every_clock_on_the_file_follows_it(tmp_path: Path) -> None:
    one, other = (VirtualClock(tmp_path / "clock.json") for _ in range(2))
    one.set(NEW_YEAR)
    assert other.now().startswith("2026-01-01T00:00:0")
    other.set(NEW_YEAR + DAY, speed=0.0)
    assert one.now() == "2026-01-02T00:00:00.000Z"


def test_a_file_that_is_no_clock_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text("noon")
    with pytest.raises(ConfigurationError, match=r"clock\.json is not readable"):
        VirtualClock(file).now()


class Bench:
    """One schedule on a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.runs: list[str] = []
        self.fails = False
        self.clock = VirtualClock(folder / "clock.json")
        self.at(NEW_YEAR)
        self.schedules = Schedules({"mover": self._run}, self.clock, logging.getLogger("t2mc.test"))

    def at(self, milliseconds: int) -> None:
        self.clock.set(milliseconds, speed=0.0)

    def _run(self) -> None:
        self.runs.append(self.clock.now())
        if self.fails:
            raise ValueError("not today")


def test_a_run_is_every_ten_minutes_and_forty_days_at_once_are_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for minutes in (9, 10, 19, 21, 40 * 24 * 60):
        bench.at(NEW_YEAR + minutes * MINUTE)
        bench.schedules.run_due()
    assert [run[:16] for run in bench.runs] == ["2026-01-01T00:10", "2026-01-01T00:21", "2026-02-10T00:00"]
    bench.schedules.close()


def test_a_clock_that_is_set_back_runs_nothing_and_the_next_minutes_count(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.at(NEW_YEAR - 30 * DAY)
    bench.schedules.run_due()
    assert bench.runs == []
    bench.at(NEW_YEAR - 29 * DAY)
    bench.schedules.run_due()
    assert len(bench.runs) == 1
    bench.schedules.close()


def test_a_run_that_fails_does_not_end_the_schedule(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.fails = True
    for day in (1, 2):
        bench.at(NEW_YEAR + day * DAY)
        bench.schedules.run_due()
    assert len(bench.runs) == 2
    bench.schedules.close()
