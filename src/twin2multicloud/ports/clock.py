"""Time and randomness, as arguments of the core."""

from typing import Protocol


class Clock(Protocol):
    """A clock."""

    def now(self) -> str:
        """This instant, in the canonical spelling (see `domain.timestamps`)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for intervals only."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Chance(Protocol):
    """Randomness for jitter and trace ids; `random.Random` is one."""

    def random(self) -> float:
        """Uniform in [0, 1)."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """An integer of k random bits."""
        ...
