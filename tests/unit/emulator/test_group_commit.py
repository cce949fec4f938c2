"""Group commit: all is written once and in order, whoever waits hears of it, and errors reach those concerned."""

import threading

import pytest

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.emulator.delivery.durability import Staged, when_all_durable
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit
from twin2multicloud.emulator.delivery.traffic import Meter


def test_items_of_many_threads_are_written_once_each_and_in_their_order() -> None:
    written: list[tuple[int, int]] = []
    commits = GroupCommit[tuple[int, int]](written.extend, "test")

    def stage(thread: int) -> None:
        groups = [commits.stage((thread, number)) for number in range(500)]
        groups[-1].wait()

    threads = [threading.Thread(target=stage, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    commits.close()
    assert len(written) == 2_000
    for number in range(4):
        assert [each for each in written if each[0] == number] == [(number, n) for n in range(500)]


def test_what_is_staged_while_the_disk_is_busy_is_written_together() -> None:
    busy, go_on = threading.Event(), threading.Event()
    sizes: list[int] = []

    def write(items) -> None:
        sizes.append(len(items))
        busy.set()
        go_on.wait(10)

    commits = GroupCommit[int](write, "test")
    first = commits.stage(0)
    assert busy.wait(10)
    later = [commits.stage(number) for number in range(1, 50)]
    go_on.set()
    later[-1].wait()
    commits.close()
    assert sizes == [1, 49]
    assert first is not later[0]
    assert all(group is later[0] for group in later)


def test_what_nobody_waits_for_is_written_with_the_next_group_or_at_the_end() -> None:
    written: list[list[int]] = []
    commits = GroupCommit[int](lambda items: written.append(list(items)), "test", patience=60)
    commits.add(1)
    commits.add(2)
    commits.stage(3).wait()
    assert written == [[1, 2, 3]]
    commits.add(4)
    commits.close()
    assert written == [[1, 2, 3], [4]]


def test_what_nobody_waits_for_is_written_without_any_other_too() -> None:
    written = threading.Event()
    commits = GroupCommit[int](lambda _: written.set(), "test", patience=0.001)
    commits.add(1)
    assert written.wait(10)
    commits.close()


def test_a_failed_write_is_told_and_the_next_one_goes_on() -> None:
    def write(items) -> None:
        if "bad" in items:
            raise OSError("disk full")

    commits = GroupCommit[str](write, "test")
    with pytest.raises(OSError, match="disk full"):
        commits.stage("bad").wait()
    commits.stage("good").wait()
    commits.close()


def test_a_callback_comes_once_after_the_last_group_with_the_first_error() -> None:
    one, two, told = Group(), Group(), []
    when_all_durable((one, two), told.append)
    one.finish(None)
    assert told == []
    error = RetryableError("no")
    two.finish(error)
    assert told == [error]
    when_all_durable((one, two), told.append)
    assert told == [error, error]
    when_all_durable((), told.append)
    assert told[-1] is None


def test_each_thread_has_its_own_staged_writes() -> None:
    staged, mine, theirs = Staged(), Group(), Group()
    staged.add(mine)
    staged.add(mine)
    other = threading.Thread(target=staged.add, args=(theirs,))
    other.start()
    other.join()
    assert staged.take() == (mine,)
    assert staged.take() == ()


def test_a_meter_counts_and_times() -> None:
    meter = Meter()
    assert meter.percentile(0.5) is None
    meter.came(3)
    for milliseconds in range(100):
        meter.went(1, milliseconds / 1000)
    meter.died(2)
    assert (meter.received, meter.done, meter.dead) == (3, 100, 2)
    assert meter.percentile(0.5) == 50.0
    assert meter.percentile(0.99) == 99.0
