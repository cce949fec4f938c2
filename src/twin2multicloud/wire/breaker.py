"""A circuit breaker per boundary: failing for a minute opens it for five, then one probe decides. Sends nothing."""

import threading

from twin2multicloud.ports.clock import Clock

OPENS_AFTER = 60.0
STAYS_OPEN = 300.0


class Breaker:
    """Says whether it is worth trying. One per boundary and process, shared by its threads."""

    def __init__(self, clock: Clock, opens_after: float = OPENS_AFTER, stays_open: float = STAYS_OPEN) -> None:
        self._clock, self._opens_after, self._stays_open = clock, opens_after, stays_open
        self._failing_since: float | None = None
        self._failed_at: float | None = None
        self._open_until: float | None = None
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to try. When the open time is over, one caller is let through as a probe and the rest wait on."""
        with self._lock:
            if self._open_until is None:
                return True
            now = self._clock.monotonic()
            if now < self._open_until:
                return False
            self._open_until = now + self._stays_open  # this caller is the probe
            return True

    def succeeded(self) -> None:
        """The other side answered."""
        with self._lock:
            self._failing_since = self._failed_at = self._open_until = None

    def failed(self) -> None:
        """The other side did not answer, or asked for patience."""
        with self._lock:
            now = self._clock.monotonic()
            quiet = self._failed_at is None or now - self._failed_at > self._opens_after
            self._failed_at = now
            if self._failing_since is None or (quiet and self._open_until is None):
                self._failing_since = now  # a failure an hour after the last one is not an hour of failing
            elif now - self._failing_since >= self._opens_after:
                self._open_until = now + self._stays_open
