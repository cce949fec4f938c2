"""Starts scheduled functions by the clouds' virtual time. Owns no function and no clock.

Runs that fell due while the clock was set forward are one run, over all the shares whose turn has come since.
"""

import logging
from collections.abc import Callable, Mapping

from twin2multicloud.domain.rota import EVERY_MINUTES
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.host.virtual_clock import VirtualClock

_EVERY = EVERY_MINUTES * 60_000
_LOOK_EVERY = 0.5  # seconds


class Schedules:
    """The schedules of one cloud, each with what it starts."""

    def __init__(
        self,
        starts: Mapping[str, Callable[[], object]],
        clock: VirtualClock,
        log: logging.Logger,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._starts, self._clock, self._log = starts, clock, log
        self._next = self._after(clock.milliseconds)
        self._lock, self._stopped = machine.lock(), machine.event()
        self._pause = machine.look_every(_LOOK_EVERY)
        self._thread = machine.thread(self._look, "schedules")
        if starts:
            self._thread.start()

    def run_due(self) -> None:
        """Run what is due, once, and return when it is done."""
        with self._lock:
            now = self._clock.milliseconds
            if now >= self._next or now < self._next - _EVERY:  # the clock may be set back too
                due = now >= self._next
                self._next = self._after(now)
                if due:
                    self._run_all()

    def close(self) -> None:
        """Finish the current runs and start no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run_all(self) -> None:
        for name, start in self._starts.items():
            try:
                start()
            except Exception:  # the function has reported it; its next run goes on
                self._log.exception("%s: the scheduled run failed", name)

    def _look(self) -> None:
        while not self._stopped.wait(self._pause):
            self.run_due()

    @staticmethod
    def _after(now: int) -> int:
        """When the next run is due: as cron counts, from midnight UTC on."""
        return (now // _EVERY + 1) * _EVERY
