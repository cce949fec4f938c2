"""The execution environments of a function: threads that work on batches, each within a time limit. Knows no queue.

A cloud ends an environment that exceeds its function's time, and replaces it. A thread cannot be ended from outside, so
it is done in two steps: Python code is interrupted where it is, and processes that it started are ended; it may go on
with the rest of its batch, in the same time again. A thread that is not reached so, because it waits for the operating
system, is given up, and another one takes its place. What it does later is not looked at.
"""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine, Thread

T = TypeVar("T")
R = TypeVar("R")

_GRACE_SECONDS = 2.0  # for an interruption to reach its thread


class TimeLimitError(BaseException):
    """Raised in a function that exceeds its time. Not an Exception: what it calls must not catch it in passing."""

    def __str__(self) -> str:
        """The class is raised by Python itself, without arguments."""
        return "not finished within the function's time limit"


class _Running(msgspec.Struct, Generic[T], eq=False):
    thread: int
    native_thread: int
    since: float
    batch: T
    interrupted: bool = False


class Environments(Generic[T, R]):
    """Threads that `take` batches until it gives None, `call` the function with each, and `settle` its result.

    A batch whose environment is given up goes to `overdue` instead, on a thread of its own.
    """

    def __init__(
        self,
        name: str,
        *,
        take: Callable[[], T | None],
        call: Callable[[T], R],
        settle: Callable[[T, R], None],
        overdue: Callable[[T], None],
        seconds: float,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._name, self._seconds, self._machine = name, seconds, machine
        self._take, self._call, self._settle, self._overdue = take, call, settle, overdue
        self._running: dict[int, _Running[T]] = {}
        self._lock = threading.Lock()
        self._closing = machine.event()
        self._threads: list[Thread] = []
        self._process = os.getpid()
        self._reached: set[int] = set()  # threads in which an interruption was raised
        self._interruption = _interruption(self._reached)

    def start(self, count: int) -> None:
        """Start the threads and the one that looks after them."""
        for _ in range(count):
            self._start(self._work)
        self._start(self._watch)

    def close(self, timeout: float) -> None:
        """Wait until current batches are done, as far as they are in time."""
        self._closing.set()
        deadline = self._machine.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - self._machine.monotonic()))

    def _start(self, target: Callable[[], None]) -> None:
        thread = self._machine.thread(target, f"{self._name}-{len(self._threads)}")
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (batch := self._take()) is not None:
            now = self._machine.monotonic()
            running = _Running(threading.get_ident(), threading.get_native_id(), now, batch)
            self._running[id(running)] = running
            result = self._call(batch)
            if os.getpid() != self._process:  # user code has forked: the copy has no business here
                os._exit(0)
            if not self._is_over(running):
                return
            self._settle(batch, result)

    def _is_over(self, running: _Running[T]) -> bool:
        """Whether the environment still stands; from here on nothing interrupts it."""
        while True:
            try:
                with self._lock:
                    return self._running.pop(id(running), None) is not None
            except TimeLimitError:
                continue

    def _watch(self) -> None:
        pause = self._machine.look_every(min(5.0, self._seconds / 10))
        while not self._closing.wait(pause):
            for running in list(self._running.values()):
                self._look_at(running, self._machine.monotonic())

    def _look_at(self, running: _Running[T], now: float) -> None:
        with self._lock:
            if id(running) not in self._running:
                return
            if running.interrupted and running.thread in self._reached:
                self._reached.discard(running.thread)
                running.interrupted = False
            if now - running.since < (_GRACE_SECONDS if running.interrupted else self._seconds):
                return
            if not running.interrupted:
                running.interrupted, running.since = True, now
                self._machine.interrupt(running.thread, self._interruption)
                _end_children(running.native_thread)
                return
            del self._running[id(running)]
        self._start(self._work)
        self._overdue(running.batch)


def _interruption(reached: set[int]) -> type[TimeLimitError]:
    """What is raised in threads; each notes that it got there."""

    def note(_self: TimeLimitError) -> None:
        reached.add(threading.get_ident())

    return type(TimeLimitError.__name__, (TimeLimitError,), {"__init__": note})


def _end_children(native_thread: int) -> None:
    """End the processes that a thread started, where the system says which they are: it may be waiting for one."""
    with suppress(OSError):
        for child in Path(f"/proc/self/task/{native_thread}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
