"""Time that moves only when a test says so, or when somebody sleeps."""

from datetime import timedelta

from twin2multicloud.domain.timestamps import from_datetime, to_datetime

START = "2026-01-15T10:30:00.000Z"


class RigClock:
    """A `Clock`. `sleeps` keeps what was waited for, in seconds."""

    def __init__(self, start: str = START) -> None:
        self._start = to_datetime(start)
        self._elapsed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> str:
        return from_datetime(self._start + timedelta(seconds=self._elapsed))

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds
