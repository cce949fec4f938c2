"""The error topic of one emulated cloud: what was reported goes from the journal to the error reporter's queue.

Events may come from two processes, the cloud's own and its readers': both put them into the journal's file, and the
cloud's own hands them over from there, in the commit that queues them. Owns when that happens.
"""

import logging
import sqlite3

from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine

_TICK = 0.2  # s
_AT_ONCE = 100


class ErrorTopic:
    """Fills the queue of that name."""

    def __init__(self, journal: Journal, queue: str, log: logging.Logger, machine: Machine = THIS_MACHINE) -> None:
        self._journal, self._queue, self._log = journal, queue, log
        self._closing, self._pause = machine.event(), machine.look_every(_TICK)
        self._thread = machine.thread(self._keep_up, "error-topic")

    def start(self) -> None:
        """Start handing events over."""
        self._thread.start()

    def close(self) -> None:
        """Stop. What was not handed over is on disk."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def waiting(self) -> int:
        """Events that were reported and are not yet in the queue."""
        return self._journal.read(kept.error_count)

    def _keep_up(self) -> None:
        while not self._closing.wait(self._pause):
            try:
                while self._journal.hand_over_errors(self._queue, _AT_ONCE) == _AT_ONCE:
                    pass
            except (OSError, sqlite3.Error) as error:  # a disk that is full: they stay where they are
                self._log.warning("error events wait: %s", error)
