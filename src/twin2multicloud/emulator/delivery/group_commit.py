"""Group commit: one thread writes and syncs what many threads stage. Owns the thread and completion."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine

T = TypeVar("T")


class Group:
    """What is written and synced as one. Callbacks run on the committing thread, with the error if there was one."""

    __slots__ = ("_callbacks", "_lock", "_machine", "error", "finished")

    def __init__(self, machine: Machine = THIS_MACHINE) -> None:
        self._machine = machine
        self.finished = False
        self.error: Exception | None = None
        self._callbacks: list[Callable[[Exception | None], None]] = []
        self._lock = threading.Lock()

    def when_done(self, callback: Callable[[Exception | None], None]) -> None:
        """Call back once it is durable, or has failed; at once where that is already so."""
        with self._lock:
            if not self.finished:
                self._callbacks.append(callback)
                return
        callback(self.error)

    def wait(self, timeout: float = 60.0) -> None:
        """Block until durable. Raises what the write raised."""
        done = self._machine.event()
        self.when_done(lambda _: done.set())
        if not done.wait(timeout):
            raise TimeoutError("the write to disk timed out")
        if self.error is not None:
            raise self.error

    def finish(self, error: Exception | None) -> None:
        """Notify all waiters."""
        with self._lock:
            self.finished, self.error = True, error
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(error)


class GroupCommit(Generic[T]):
    """Collects items while the disk is busy and writes them in one go. `write` must commit and sync, or raise.

    `patience`: for how many seconds an item waits for others that nobody waits for.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], None],
        name: str,
        patience: float = 1.0,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._write, self._patience, self._machine = write, machine.look_every(patience), machine
        self._items: list[T] = []
        self._group = Group(machine)
        self._wake = machine.condition()
        self._awaited = self._closing = False
        self._thread = machine.thread(self._run, name)
        self._thread.start()

    def stage(self, item: T) -> Group:
        """Stage an item; the returned group reports when it is durable."""
        return self.stage_all([item])

    def stage_all(self, items: Sequence[T]) -> Group:
        """Stage items that are written together or not at all."""
        with self._wake:
            self._items += items
            if not self._awaited:
                self._awaited = True
                self._wake.notify()
            return self._group

    def add(self, item: T) -> None:
        """Write an item together with whatever is staged next; with nothing else, once its patience is over."""
        with self._wake:
            self._items.append(item)

    def close(self) -> None:
        """Write what is staged, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._awaited and not self._closing:
                    if not self._wake.wait(self._patience) and self._items:
                        break
                if not self._items:
                    return
                items, self._items = self._items, []
                self._awaited = False
                group, self._group = self._group, Group(self._machine)
            error: Exception | None = None
            try:
                self._machine.committing(group)
                self._write(items)
                self._machine.committed(group)
            except Exception as failure:  # any failure must reach the waiters
                error = failure
            group.finish(error)
