"""A machine whose time is virtual and whose threads take turns: one emulated cloud's, from its start to its end.

Its disk is a real folder; a write takes a while, may be refused, and a kill comes before or after it. Knows no cloud.
"""

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.delivery.group_commit import Group
from twin2multicloud.ports.transport import Transport
from twin2multicloud.proving.turns import Process, Task, Turns, TurnsCondition, TurnsEvent, TurnsLock

EPOCH = 1_769_900_400.0
"""Seconds since 1970 when a history begins: 2026-01-31T23:00:00Z, an hour before a day and a month end."""

_FREE = 1 << 40
_LOOKS = 15.0  # seconds between two looks of a thread that finds nothing: fewer turns in a long history
_WRITES = 0.0005, 0.012  # seconds that a commit takes, least and most


class Disk:
    """The disk of one cloud, over all its processes: whether it is full, and who waits for one of its commits."""

    def __init__(self) -> None:
        self.full = False
        self.before: Callable[[], None] | None = None  # called once, when something is about to be written
        self.after: Callable[[], None] | None = None  # called once, when it is durable and nobody knows


class Wall:
    """What the wall clock of one cloud's machine says, beside the time that has passed."""

    def __init__(self) -> None:
        self.offset = 0.0


class SimulatedMachine:
    """The `Machine` of one process."""

    def __init__(
        self, turns: Turns, process: Process, disk: Disk, wall: Wall, chance: random.Random, transport: Transport
    ) -> None:
        self._turns, self._process, self._disk, self._wall = turns, process, disk, wall
        self._chance, self._transport = chance, transport
        self._started = EPOCH + wall.offset

    def now(self) -> str:
        """See `Machine.now`."""
        return from_milliseconds(round(1000 * (EPOCH + self._turns.now + self._wall.offset)))

    def monotonic(self) -> float:
        """See `Machine.monotonic`. Never 0, as on a machine that runs."""
        return 1000.0 + self._turns.now

    def sleep(self, seconds: float, /) -> None:
        """See `Machine.sleep`."""
        self._turns.wait(seconds)

    since_boot = monotonic

    def steady_seconds(self) -> float:
        """See `Machine.steady_seconds`."""
        return self._started + self._turns.now

    def look_every(self, seconds: float) -> float:
        """See `Machine.look_every`."""
        return max(seconds, _LOOKS)

    def thread(self, target: Callable[[], object], name: str) -> Task:
        """See `Machine.thread`."""
        return self._turns.task(self._process, target, name)

    def interrupt(self, thread: int, error: type[BaseException]) -> None:
        """See `Machine.interrupt`: it is raised when what the thread waits for is over."""
        for task in self._process.tasks:
            if task.thread is not None and task.thread.ident == thread:
                task.raises = error

    def lock(self) -> TurnsLock:
        """See `Machine.lock`."""
        return TurnsLock(self._turns)

    def condition(self) -> TurnsCondition:
        """See `Machine.condition`."""
        return TurnsCondition(self._turns)

    def event(self) -> TurnsEvent:
        """See `Machine.event`."""
        return TurnsEvent(self._turns)

    def chance(self) -> random.Random:
        """See `Machine.chance`."""
        return random.Random(self._chance.getrandbits(64))  # noqa: S311 - of a seed

    def transport(self) -> Transport:
        """See `Machine.transport`."""
        return self._transport

    def free_bytes(self, folder: Path) -> int:  # noqa: ARG002 - every folder is on the one disk
        """See `Machine.free_bytes`."""
        return 0 if self._disk.full else _FREE

    def committing(self, group: Group) -> None:  # noqa: ARG002 - for those who look at it
        """See `Machine.committing`."""
        self._turns.wait(self._chance.uniform(*_WRITES))
        self._reach("before")

    def writing(self) -> None:
        """See `Machine.writing`."""
        if self._disk.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def committed(self, group: Group) -> None:  # noqa: ARG002 - likewise
        """See `Machine.committed`."""
        self._reach("after")

    def sync(self, handle: int) -> None:
        """See `Machine.sync`."""
        self._turns.wait(self._chance.uniform(*_WRITES))
        self._reach("before")
        self.writing()
        os.fsync(handle)

    def _reach(self, moment: str) -> None:
        """Let whoever waits for this moment act; where that is a kill, nothing goes on here."""
        waiting: Callable[[], None] | None = getattr(self._disk, moment)
        if waiting is not None:
            setattr(self._disk, moment, None)
            waiting()
            self._turns.wait(0)
