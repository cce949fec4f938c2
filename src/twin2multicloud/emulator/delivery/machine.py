"""What an emulated cloud has of the machine that it runs on: time, threads, chance, disk, network. Decides nothing.

`ThisMachine` is the one there is. `proving` has another, whose time is virtual and whose threads take turns, so that
the same code runs as a history that can be repeated.
"""

import ctypes
import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.delivery.steady_time import since_boot, steady_seconds
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.http_transport import HttpTransport

if TYPE_CHECKING:
    from twin2multicloud.emulator.delivery.group_commit import Group


class Event(Protocol):
    """See `threading.Event`."""

    def set(self) -> None:
        """See `threading.Event.set`."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event.wait`."""
        ...


class Lock(Protocol):
    """A lock that may be held while its thread waits for something. One held for a moment is a `threading.Lock`."""

    def __enter__(self) -> bool:
        """Wait for it and take it."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Release it."""
        ...


class Condition(Lock, Protocol):
    """See `threading.Condition`."""

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Condition.wait`."""
        ...

    def notify(self, n: int = 1) -> None:
        """See `threading.Condition.notify`."""
        ...

    def notify_all(self) -> None:
        """See `threading.Condition.notify_all`."""
        ...


class Thread(Protocol):
    """See `threading.Thread`."""

    def start(self) -> None:
        """See `threading.Thread.start`."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """See `threading.Thread.join`."""
        ...

    def is_alive(self) -> bool:
        """See `threading.Thread.is_alive`."""
        ...


class Machine(Protocol):
    """A machine. It is a `ports.clock.Clock` of what its wall clock says, which may be set."""

    def now(self) -> str:
        """See `ports.clock.Clock.now`."""
        ...

    def monotonic(self) -> float:
        """See `ports.clock.Clock.monotonic`."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """See `ports.clock.Clock.sleep`."""
        ...

    def since_boot(self) -> float:
        """See `steady_time.since_boot`."""
        ...

    def steady_seconds(self) -> float:
        """See `steady_time.steady_seconds`."""
        ...

    def look_every(self, seconds: float) -> float:
        """How long a thread pauses between two looks at whether there is something to do."""
        ...

    def thread(self, target: Callable[[], object], name: str) -> Thread:
        """A thread that does not keep its process alive."""
        ...

    def interrupt(self, thread: int, error: type[BaseException]) -> None:
        """Raise an error in the Python code of a thread, by its `threading.get_ident`."""
        ...

    def lock(self) -> Lock:
        """A lock."""
        ...

    def condition(self) -> Condition:
        """A condition."""
        ...

    def event(self) -> Event:
        """An event."""
        ...

    def chance(self) -> random.Random:
        """Chance for jitter and trace ids, a source of its own for each who asks."""
        ...

    def transport(self) -> Transport:
        """The way to other clouds."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """How much room a folder's disk has."""
        ...

    def committing(self, group: "Group") -> None:
        """A group is about to be written."""
        ...

    def writing(self) -> None:
        """Within a transaction, before its first write. Raises OSError where the disk takes nothing."""
        ...

    def committed(self, group: "Group") -> None:
        """A group is written and synced, and nobody has been told."""
        ...

    def sync(self, handle: int) -> None:
        """See `os.fsync`."""
        ...


class ThisMachine:
    """The machine that this process runs on."""

    monotonic, sleep = staticmethod(time.monotonic), staticmethod(time.sleep)
    since_boot, steady_seconds = staticmethod(since_boot), staticmethod(steady_seconds)
    lock, condition, event = (
        staticmethod(threading.Lock),
        staticmethod(threading.Condition),
        staticmethod(threading.Event),
    )
    chance, transport = staticmethod(random.Random), staticmethod(HttpTransport)
    sync = staticmethod(os.fsync)

    def now(self) -> str:
        """See `Machine.now`."""
        return from_milliseconds(time.time_ns() // 1_000_000)

    def look_every(self, seconds: float) -> float:
        """See `Machine.look_every`."""
        return seconds

    def thread(self, target: Callable[[], object], name: str) -> Thread:
        """See `Machine.thread`."""
        return threading.Thread(target=target, name=name, daemon=True)

    def interrupt(self, thread: int, error: type[BaseException]) -> None:
        """See `Machine.interrupt`."""
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))

    def free_bytes(self, folder: Path) -> int:
        """See `Machine.free_bytes`."""
        return shutil.disk_usage(folder).free

    def committing(self, group: "Group") -> None:
        """See `Machine.committing`."""

    def writing(self) -> None:
        """See `Machine.writing`: the disk itself tells."""

    def committed(self, group: "Group") -> None:
        """See `Machine.committed`."""


THIS_MACHINE: Machine = ThisMachine()
