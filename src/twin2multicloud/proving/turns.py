"""Threads that take turns on a virtual clock, so that a seed decides who runs when. Knows no cloud.

Each task is a thread of this process, and only the one whose turn it is runs. Where it waits, chance chooses another
that could go on; where none can, time goes on to the next moment that somebody waits for. Nothing waits for real.
"""

import heapq
import random
import threading
import traceback
from collections.abc import Callable
from itertools import count
from types import TracebackType

_SHOWN = 4  # frames of what a task ended with


class KilledError(BaseException):
    """Raised where a task of a process that was killed waits. Not an Exception: nothing may go on after it."""


class DeadlockError(RuntimeError):
    """Everybody waits for ever."""


class Process:
    """Tasks that end together. While it is `stopped`, as by SIGSTOP, none of them has a turn."""

    def __init__(self, name: str) -> None:
        self.name, self.stopped, self.killed = name, False, False
        self.tasks: list[Task] = []


class Task:
    """One thread. See `threading.Thread` for its methods."""

    def __init__(self, turns: "Turns", process: Process, target: Callable[[], object], name: str) -> None:
        self._turns, self.process, self._target, self.name = turns, process, target, name
        self.go = threading.Lock()
        self.go.acquire()
        self.wait_number = 0  # which wait a deadline is meant for
        self.waiting = self.woken = False
        self.raises: type[BaseException] | None = None
        self.thread: threading.Thread | None = None
        self.done = False
        self._joining: list[Task] = []

    def start(self) -> None:
        """Let it have its turn."""
        if self.process.killed:
            raise KilledError
        self.thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self.process.tasks.append(self)
        self.thread.start()
        self._turns.make_ready(self)

    def join(self, timeout: float | None = None) -> None:
        """Wait until it is done."""
        if not self.done:
            self._joining.append(self._turns.current)
            self._turns.wait(timeout)

    def is_alive(self) -> bool:
        """Whether it has begun and is not done."""
        return self.thread is not None and not self.done

    def _run(self) -> None:
        self.go.acquire()
        try:
            if not self.process.killed:
                self._target()
        except KilledError:
            pass
        except BaseException as error:
            self._turns.failed(self, error)
        self.done = True
        self.process.tasks.remove(self)
        for each in self._joining:
            self._turns.wake(each)
        self._turns.leave()


class Turns:
    """Whose turn it is, and what time. Whoever makes it is its first task."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self._chance, self._numbers = chance, count()
        self._ready: list[Task] = []
        self._deadlines: list[tuple[float, int, Task, int]] = []
        self.errors: list[str] = []  # of tasks that ended with one
        self._driver = Process("driver")
        self.current = self.first = Task(self, self._driver, lambda: None, "driver")
        self.first.thread = threading.current_thread()
        self._unwinding: Task | None = None  # who killed, and goes on when the killed one is gone

    def task(self, process: Process, target: Callable[[], object], name: str) -> Task:
        """A task that is not started."""
        return Task(self, process, target, name)

    def make_ready(self, task: Task) -> None:
        """It can go on when its turn comes."""
        self._ready.append(task)

    def wake(self, task: Task) -> None:
        """End a task's wait, if it still waits."""
        if task.waiting:
            task.waiting, task.woken = False, True
            self._ready.append(task)

    def wait(self, seconds: float | None) -> bool:
        """Give the turn away until somebody wakes this task, or for so many seconds. Whether it was woken."""
        task = self.current
        if task.process.killed:
            raise KilledError
        task.waiting, task.woken = True, False
        task.wait_number += 1
        if seconds is not None:
            deadline = self.now + max(0.0, seconds)
            heapq.heappush(self._deadlines, (deadline, next(self._numbers), task, task.wait_number))
        self._hand_over(task)
        if task.process.killed:
            raise KilledError
        if (error := task.raises) is not None:
            task.raises = None
            raise error
        return task.woken

    def leave(self) -> None:
        """The task whose turn it is is over: the turn goes on, and does not come back."""
        if self._unwinding is not None:
            self._give(self._unwinding)
            return
        self._give(self._next())

    def failed(self, task: Task, error: BaseException) -> None:
        """A task ended with an error, which a real thread would have printed."""
        trace = "".join(traceback.format_exception(error)[-_SHOWN:])
        self.errors.append(f"{task.name} of {task.process.name} at {self.now:.3f} s ended with:\n{trace}")

    def kill(self, process: Process) -> None:
        """End all tasks of a process where they are. Returns when they are gone; nobody else has run meanwhile."""
        process.killed = True
        killer = self.current
        while process.tasks:
            task = process.tasks[0]
            self._ready = [each for each in self._ready if each is not task]
            task.waiting = False
            self._unwinding = killer
            self._give(task)
            killer.go.acquire()
            self._unwinding = None
            self.current = killer

    def _hand_over(self, task: Task) -> None:
        following = self._next()
        if following is not task:
            self._give(following)
            task.go.acquire()
        self.current = task

    def _give(self, task: Task) -> None:
        self.current = task
        task.go.release()

    def _next(self) -> Task:
        """Who goes on. Where nobody can, the first task gets a DeadlockError."""
        while True:
            able = [place for place, each in enumerate(self._ready) if not each.process.stopped]
            if able:
                return self._ready.pop(able[self._chance.randrange(len(able))] if len(able) > 1 else able[0])
            if not self._deadlines:
                self.first.raises = DeadlockError
                self.first.waiting = False
                return self.first
            due, _, waiter, number = heapq.heappop(self._deadlines)
            if waiter.wait_number == number and waiter.waiting:
                self.now = max(self.now, due)
                waiter.waiting = False
                self._ready.append(waiter)


class TurnsEvent:
    """See `threading.Event`."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._set = turns, False
        self._waiting: list[Task] = []

    def set(self) -> None:
        """See `threading.Event.set`."""
        self._set = True
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._turns.wake(each)

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event.wait`."""
        if not self._set:
            task = self._turns.current
            self._waiting.append(task)
            try:
                self._turns.wait(timeout)
            finally:
                if task in self._waiting:
                    self._waiting.remove(task)
        return self._set


class TurnsCondition:
    """See `threading.Condition`. Holding it needs nothing: nobody else runs before its holder waits."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._waiting: list[Task] = []

    def __enter__(self) -> bool:
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Condition.wait`."""
        task = self._turns.current
        self._waiting.append(task)
        try:
            return self._turns.wait(timeout)
        finally:
            if task in self._waiting:
                self._waiting.remove(task)

    def notify(self, n: int = 1) -> None:
        """See `threading.Condition.notify`."""
        while n > 0 and self._waiting:
            task = self._waiting.pop(0)
            n -= task.waiting  # one whose time was over hears nothing
            self._turns.wake(task)

    def notify_all(self) -> None:
        """See `threading.Condition.notify_all`."""
        self.notify(len(self._waiting))


class TurnsLock:
    """A lock that may be held while its holder waits, see `emulator.delivery.machine.Lock`."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._holder = turns, TurnsCondition(turns)
        self._held = False

    def __enter__(self) -> bool:
        while self._held:
            self._holder.wait()
        self._held = True
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._held = False
        self._holder.notify()
