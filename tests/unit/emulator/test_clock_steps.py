"""The machine's clock is set back by an hour and forward by a day while a twin runs: nothing becomes older by it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rigs.clouds import AWS
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.queues import FunctionQueue
from twin2multicloud.emulator.delivery.steady_time import steady_seconds
from twin2multicloud.emulator.host.virtual_clock import VirtualClock, real_milliseconds
from twin2multicloud.hosting.function_ports import SystemClock

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture(params=[-HOUR, DAY, 400 * DAY], ids=["back an hour", "forward a day", "forward a year"])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets the clock of this process, when it is called."""
    by: float = request.param
    seconds, nanoseconds = time.time, time.time_ns

    def set_clock() -> None:
        monkeypatch.setattr(time, "time", lambda: seconds() + by)
        monkeypatch.setattr(time, "time_ns", lambda: nanoseconds() + int(by * 1e9))

    return set_clock


def test_ages_are_measured_on_a_clock_that_nobody_sets(step: Callable[[], None]) -> None:
    before = time.time()
    step()
    assert abs(steady_seconds() - before) < HOUR / 2
    first, second = steady_seconds(), steady_seconds()
    assert 0 <= second - first < 1
    assert abs(real_milliseconds() - steady_seconds() * 1000) < 1_000


def test_a_record_is_no_older_after_a_step(tmp_path: Path, step: Callable[[], None]) -> None:
    journal, staged = Journal(tmp_path / "journal.sqlite"), Staged()
    queue = FunctionQueue(
        name="q",
        cloud=AWS,
        journal=journal,
        staged=staged,
        clock=SystemClock(),
        dead_letters="dead",
        keeps=2 * HOUR,
    )
    found: list[Record] = []
    journal.start(found.extend)
    journal.append("q", b"1", 1).wait()
    step()
    queue._failed(found)
    assert queue.waiting() == 0
    assert list(queue._waiting) + [record for _, _, record in queue._later] == found
    assert journal.read(kept.counts) == {}
    journal.close()


def test_a_record_that_is_read_back_is_no_older_after_a_step(tmp_path: Path, step: Callable[[], None]) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.append("q", b"1", 1).wait()
    step()
    found: list[Record] = []
    journal.start(found.extend)
    assert abs(steady_seconds() - found[0].since) < HOUR / 2
    journal.close()


def test_a_set_time_goes_on_evenly_through_a_step(tmp_path: Path, step: Callable[[], None]) -> None:
    clock = VirtualClock(tmp_path / "clock.json")
    clock.set(1_000_000_000_000)
    before = clock.milliseconds
    step()
    assert 0 <= clock.milliseconds - before < 5_000


def test_a_process_that_starts_after_a_step_goes_by_the_machines_run(tmp_path: Path) -> None:
    """What it takes for the machine's time is another one; what has passed since the time was set is the same."""
    file = tmp_path / "clock.json"
    VirtualClock(file).set(1_000_000_000_000)
    settings = json.loads(file.read_text())
    if not settings["boot"]:
        pytest.skip("this system does not name its runs")
    file.write_text(json.dumps({**settings, "set_at": settings["set_at"] + int(DAY * 1000)}))
    assert 0 <= VirtualClock(file).milliseconds - 1_000_000_000_000 < 5_000
