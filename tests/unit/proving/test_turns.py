"""Threads that take turns: one at a time, in an order that chance decides, on a clock that nothing waits for."""

import random
import time

import pytest

from twin2multicloud.proving.turns import (
    DeadlockError,
    KilledError,
    Process,
    Turns,
    TurnsCondition,
    TurnsEvent,
    TurnsLock,
)


def order_of(seed: int) -> list[str]:
    """Who ran when, of three that wait in between."""
    turns, process, ran = Turns(random.Random(seed)), Process("p"), list[str]()

    def run(name: str) -> None:
        for pause in (0, 1, 0):
            ran.append(f"{name}{turns.now:g}")
            turns.wait(pause)

    tasks = [turns.task(process, lambda name=name: run(name), name) for name in "abc"]  # type: ignore[misc]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    return ran


def test_a_seed_decides_who_runs_when() -> None:
    orders = [order_of(seed) for seed in range(10)]
    assert orders == [order_of(seed) for seed in range(10)]
    assert len({tuple(order) for order in orders}) > 3


def test_hours_pass_without_waiting() -> None:
    turns, begun = Turns(random.Random(1)), time.monotonic()
    assert not turns.wait(100 * 3600.0)
    assert turns.now == 100 * 3600.0
    assert time.monotonic() - begun < 60


def test_an_event_ends_a_wait_and_a_deadline_does() -> None:
    turns, process = Turns(random.Random(1)), Process("p")
    event = TurnsEvent(turns)
    seen: list[tuple[bool, float]] = []
    task = turns.task(process, lambda: seen.append((event.wait(5.0), turns.now)), "waits")
    task.start()
    turns.wait(3.0)
    event.set()
    task.join()
    assert seen == [(True, 3.0)]
    assert event.wait()
    assert not TurnsEvent(turns).wait(2.0)
    assert turns.now == 5.0


def test_who_is_notified_when_its_time_is_over_does_not_take_the_notice_of_another() -> None:
    turns, process = Turns(random.Random(1)), Process("p")
    condition, woken = TurnsCondition(turns), list[str]()

    def wait(name: str, seconds: float | None) -> None:
        with condition:
            if condition.wait(seconds):
                woken.append(name)

    for name, seconds in (("late", 1.0), ("patient", None)):
        turns.task(process, lambda name=name, seconds=seconds: wait(name, seconds), name).start()  # type: ignore[misc]
    turns.wait(0.5)
    turns.task(process, lambda: (turns.wait(0.5), condition.notify()), "notifies").start()
    turns.wait(2.0)
    assert woken == ["patient"] or woken == ["late"]
    condition.notify_all()
    turns.wait(1.0)
    assert "patient" in woken


def test_a_lock_is_held_while_its_holder_waits() -> None:
    turns, process, lock, inside = Turns(random.Random(3)), Process("p"), None, list[int]()
    lock = TurnsLock(turns)

    def hold(number: int) -> None:
        with lock:
            inside.append(number)
            turns.wait(1.0)
            inside.append(number)

    for number in range(4):
        turns.task(process, lambda number=number: hold(number), "holds").start()  # type: ignore[misc]
    turns.wait(10.0)
    assert inside[::2] == inside[1::2]
    assert sorted(inside[::2]) == [0, 1, 2, 3]


def test_a_process_that_is_killed_ends_where_it_is_and_nobody_runs_meanwhile() -> None:
    turns, killed, other, said = Turns(random.Random(1)), Process("killed"), Process("other"), list[str]()

    def run() -> None:
        try:
            while True:
                turns.wait(1.0)
        except KilledError:
            said.append(f"ends at {turns.now:g}")
            raise
        finally:
            said.append("unwinds")

    turns.task(killed, run, "victim").start()
    turns.task(other, lambda: (turns.wait(2.5), said.append("goes on")), "other").start()
    turns.wait(2.2)
    turns.kill(killed)
    assert said == ["ends at 2.2", "unwinds"]
    assert killed.tasks == []
    turns.wait(1.0)
    assert said[-1] == "goes on"
    with pytest.raises(KilledError):
        turns.task(killed, run, "too late").start()


def test_a_process_that_is_stopped_goes_on_later() -> None:
    turns, process, seen = Turns(random.Random(1)), Process("p"), list[float]()
    turns.task(process, lambda: (turns.wait(1.0), seen.append(turns.now)), "task").start()
    turns.wait(0.5)
    process.stopped = True
    turns.wait(29.5)
    assert seen == []
    process.stopped = False
    turns.wait(1.0)
    assert seen == [30.0]


def test_everybody_waiting_for_ever_is_an_error_and_so_is_a_task_that_ends_with_one() -> None:
    turns, process = Turns(random.Random(1)), Process("p")
    turns.task(process, lambda: TurnsEvent(turns).wait(), "waits").start()
    turns.task(process, lambda: 1 / 0, "fails").start()
    with pytest.raises(DeadlockError):
        TurnsEvent(turns).wait()
    assert "fails of p" in turns.errors[0]
    assert "ZeroDivisionError" in turns.errors[0]
    turns.kill(process)
