"""Each dead letter in exactly one place at every moment: a kill is tried after every commit that there is.

A kill leaves what is on the disk, which is what a copy of the files between two commits is. So the journal of these
tests commits everything that can be committed alone, and copies its files after each.
"""

import shutil
import threading
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.emulator.delivery.queues import FunctionQueue
from twin2multicloud.emulator.host.letters import CloudLetters
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.wire.retry import RetryPolicy

LETTERS = 5


class EveryCommit(GroupCommit[Any]):
    """Writes what is staged at once and alone, and copies the folder after it."""

    def __init__(self, journal: Journal, folder: Path, copies: Path) -> None:
        super().__init__(journal._write, "unused")
        super().close()
        self._folder, self._copies, self._numbers, self._one = folder, copies, count(), threading.RLock()

    def stage_all(self, items: Sequence[Any]) -> Group:
        group = Group()
        with self._one:
            self._write(items)
            shutil.copytree(self._folder, self._copies / f"{next(self._numbers):04}")
        group.finish(None)
        return group

    def add(self, item: Any) -> None:
        self.stage_all([item])

    def close(self) -> None:
        """Everything is written."""


class CloudUnderTest:
    """A journal with letters of one queue, the queue, and what redrives them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copies = folder / "cloud", folder / "copies"
        self.folder.mkdir()
        self.copies.mkdir()
        self.journal = Journal(self.folder / "journal.sqlite")
        self.journal._commits.close()
        self.journal._commits = EveryCommit(self.journal, self.folder, self.copies)
        self.delivered: list[Record] = []
        self.dispatched: list[bytes] = []
        self.queue = FunctionQueue(
            name="q",
            cloud=Cloud("aws"),
            journal=self.journal,
            staged=Staged(),
            clock=SystemClock(),
            dead_letters="q-dead",
            policy=RetryPolicy(retries=0),
        )
        self.letters = CloudLetters(self.journal, Staged(), {"q": self.queue}, lambda: self.dispatch)

    def dispatch(self, published: Sequence[Published]) -> set[int]:
        for each in published:
            self.dispatched.append(each.payload)
            self.journal.append("q", each.payload, 1)
        return set()

    def start(self) -> None:
        self.journal.start(lambda records: self.delivered.extend(records))

    def fell(self, queue: str) -> list[str]:
        for number in range(LETTERS):
            self.journal.bury(DeadLetterRecord("q-dead", queue, "2026", "why", 1, b"letter-%d" % number)).wait()
        shutil.rmtree(self.copies)
        self.copies.mkdir()
        return [str(each.id) for each in self.journal.read(kept.page, 0, 99)]

    def places_after_each_kill(self) -> list[Counter[bytes]]:
        return [places(copy) for copy in sorted(self.copies.iterdir())]


def places(folder: Path) -> Counter[bytes]:
    """In how many places each letter is after a kill: what is delivered again, and the dead letters."""
    journal = Journal(folder / "journal.sqlite")
    again: list[Record] = []
    journal.start(again.extend)
    found = Counter(record.body for record in again)
    found += Counter(each.letter.body for each in journal.read(kept.page, 0, 99))
    journal.close()
    return found


ONCE = Counter({b"letter-%d" % number: 1 for number in range(LETTERS)})


@pytest.mark.parametrize("queue", ["q", "of the dispatcher"])
def test_redriven_letters_are_in_one_place_at_every_kill(tmp_path: Path, queue: str) -> None:
    cloud = CloudUnderTest(tmp_path)
    cloud.start()
    ids = cloud.fell(queue)
    assert cloud.letters.redrive(ids) == LETTERS
    kills = cloud.places_after_each_kill()
    assert kills
    assert all(each == ONCE for each in kills)


@pytest.mark.parametrize("queue", ["q", "of the dispatcher"])
def test_twice_at_once_is_once(tmp_path: Path, queue: str) -> None:
    cloud = CloudUnderTest(tmp_path)
    cloud.start()
    ids = cloud.fell(queue)
    together, counted = threading.Barrier(4), list[int]()

    def redrive() -> None:
        together.wait()
        counted.append(cloud.letters.redrive(ids))

    threads = [threading.Thread(target=redrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted) == LETTERS
    assert Counter(record.body for record in cloud.delivered) == ONCE
    assert all(each == ONCE for each in cloud.places_after_each_kill())


def test_letters_that_fall_again_while_the_target_is_down_are_in_one_place_at_every_kill(tmp_path: Path) -> None:
    """Each redriven record fails, is buried, and is redriven again: three rounds, a kill after every commit."""
    cloud = CloudUnderTest(tmp_path)
    cloud.start()
    cloud.fell("q")
    for _ in range(3):
        cloud.letters.redrive([str(each.id) for each in cloud.journal.read(kept.page, 0, 99)])
        fallen, cloud.delivered = cloud.delivered, []
        assert len(fallen) == LETTERS
        for record in fallen:
            cloud.queue._bury(record, "the target is down")
    kills = cloud.places_after_each_kill()
    assert len(kills) > 3 * LETTERS
    assert all(each == ONCE for each in kills)


def test_where_the_dispatcher_fails_the_letters_stay(tmp_path: Path) -> None:
    cloud = CloudUnderTest(tmp_path)
    cloud.start()
    ids = cloud.fell("of the dispatcher")

    def fail(_: Sequence[Published]) -> set[int]:
        cloud.journal.append("q", b"half", 1)
        raise OSError("no disk")

    cloud.dispatch = fail  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no disk"):
        cloud.letters.redrive(ids)
    assert Counter(each.letter.body for each in cloud.journal.read(kept.page, 0, 99)) == ONCE
    assert cloud.delivered == []
