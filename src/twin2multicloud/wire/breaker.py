"""A circuit breaker per boundary: a minute of failures opens it, then probes at growing intervals. Sends nothing."""

import threading
from collections.abc import Callable
from enum import StrEnum

from twin2multicloud.ports.clock import Clock

OPENS_AFTER = 60.0
FIRST_PROBE, LONGEST_OPEN = 10.0, 300.0
"""Seconds from opening to the first probe, and at most between two; each probe that fails doubles the time."""


class State(StrEnum):
    """Only an open breaker, and one that waits for its probe, lets nobody through."""

    CLOSED = "closed"
    FAILING = "failing"
    OPEN = "open"
    PROBING = "probing"


ANSWERED, FAILED = "an answer", "a failure"
FAILED_FOR_LONG = f"a failure, {OPENS_AFTER:.0f} s or more after the first"
DUE = f"a call, when a probe is due ({FIRST_PROBE:.0f} s, doubling to {LONGEST_OPEN:.0f} s)"

TRANSITIONS = {
    (State.CLOSED, FAILED): State.FAILING,
    (State.FAILING, ANSWERED): State.CLOSED,
    (State.FAILING, FAILED_FOR_LONG): State.OPEN,
    (State.OPEN, DUE): State.PROBING,
    (State.OPEN, ANSWERED): State.CLOSED,  # both are late: the call began before the breaker opened
    (State.OPEN, FAILED): State.OPEN,
    (State.PROBING, ANSWERED): State.CLOSED,
    (State.PROBING, FAILED): State.OPEN,
    (State.PROBING, DUE): State.PROBING,  # the probe never came back
}
"""The states that events lead to. An event that a state has no entry for leaves it as it is."""


_NOT_PASSING = (State.OPEN, State.PROBING)


class Breaker:
    """Decides whether to try a request. One per boundary and process, shared by its threads.

    `changed` is told when it opens, and when it closes again: nobody passes, or everybody does.
    """

    def __init__(self, clock: Clock, changed: Callable[[State], None] = lambda _: None) -> None:
        self._clock, self._changed = clock, changed
        self.state = State.CLOSED
        self._failing_since = self._failed_at = self._due_at = self._open_for = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to try. When a probe is due one caller is let through; the rest are refused."""
        with self._lock:
            if self.state in (State.CLOSED, State.FAILING):
                return True
            now = self._clock.monotonic()
            if now < self._due_at:
                return False
            self._record(DUE, now)
            return True

    def succeeded(self) -> None:
        """The other side answered."""
        with self._lock:
            before = self.state
            self._record(ANSWERED, 0.0)
            closed = before in _NOT_PASSING and self.state is State.CLOSED
        if closed:
            self._changed(State.CLOSED)

    def failed(self) -> None:
        """The other side did not answer, or asked to retry later."""
        with self._lock:
            now = self._clock.monotonic()
            quiet = now - self._failed_at > OPENS_AFTER
            self._failed_at = now
            if self.state is State.CLOSED or (self.state is State.FAILING and quiet):
                self._failing_since = now  # failures far apart are not one continuous outage
            long = self.state is State.FAILING and now - self._failing_since >= OPENS_AFTER
            self._record(FAILED_FOR_LONG if long else FAILED, now)
        if long:
            self._changed(State.OPEN)

    def _record(self, event: str, now: float) -> None:
        before, self.state = self.state, TRANSITIONS.get((self.state, event), self.state)
        if before is State.FAILING:
            self._open_for = FIRST_PROBE
        elif before is State.PROBING and event == FAILED:
            self._open_for = min(2 * self._open_for, LONGEST_OPEN)
        if (before, event) != (State.OPEN, FAILED):  # a late failure delays no probe
            self._due_at = now + self._open_for  # used only when open or probing
