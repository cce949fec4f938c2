"""How much waits in the queues of one emulated cloud, and whether its entrances must hold back. Holds nothing itself.

A disk is not endless. Over the bound of bytes, or where the disk has little room left, nothing new is taken until some
of it is done: publishes wait without their acknowledgement, as at a full queue of the cloud. Where the oldest has
waited long, acknowledgements slow down. What was acknowledged is never touched.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

_MIB = 1024 * 1024
_LOOK_SECONDS = 0.1  # between two looks at the disk and at the oldest


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What may wait. `free_bytes` is what the disk keeps for what was accepted: stores, dead letters, error events."""

    bytes: int = 256 * _MIB
    seconds: float = 3_600.0
    free_bytes: int = 256 * _MIB


class Backlog:
    """The commit groups of a journal that are not done. `free` gives the free bytes of its disk."""

    def __init__(
        self,
        folder: Path,
        bounds: Bounds | None = None,
        *,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bounds = bounds or Bounds()
        self._folder, self._free, self._clock = folder, free, clock
        self._groups: dict[int, tuple[int, float]] = {}  # in the order in which they came
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._no_disk: str | None = None
        self._late: str | None = None
        self.bytes = 0

    def add(self, group: int, size: int) -> None:
        """A group waits from now on."""
        with self._lock:
            self._groups[group] = size, self._clock()
            self.bytes += size

    def remove(self, groups: Iterable[int]) -> None:
        """Groups are done."""
        with self._lock:
            for group in groups:
                self.bytes -= self._groups.pop(group)[0]

    @property
    def seconds(self) -> float:
        """How long the oldest has waited, in this process; 0 where nothing waits."""
        with self._lock:
            oldest = next(iter(self._groups.values()), None)
        return 0.0 if oldest is None else self._clock() - oldest[1]

    @property
    def full(self) -> str | None:
        """Why nothing more is taken now; None where there is room."""
        if self.bytes > self.bounds.bytes:
            return f"{self.bytes / _MIB:,.0f} MiB wait, the bound is {self.bounds.bytes / _MIB:,.0f} MiB"
        self._look()
        return self._no_disk

    @property
    def late(self) -> str | None:
        """Why acknowledgements are slowed down now; None where they are not."""
        self._look()
        return self._late

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        free, seconds, bounds = self._free(self._folder), self.seconds, self.bounds
        self._no_disk = self._late = None
        if free < bounds.free_bytes:
            kept = f"{bounds.free_bytes / _MIB:,.0f} MiB are kept free"
            self._no_disk = f"the disk has {free / _MIB:,.0f} MiB left, {kept}"
        if seconds > bounds.seconds:
            self._late = f"the oldest message has waited {seconds:,.0f} s, the bound is {bounds.seconds:,.0f} s"
