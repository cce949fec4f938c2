"""The rota of scheduled work: a run every ten minutes, each over its share of the devices, two rounds a day.

A run then is short however large the fleet, one with nothing due costs next to nothing, and what a run had no time for
is gone on with. Owns the shares and whose turn it is when; knows no clock and no work.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from twin2multicloud.domain.timestamps import to_datetime

EVERY_MINUTES = 10
"""Between two runs of a schedule."""
RUNS_A_DAY = 24 * 60 // EVERY_MINUTES
ROUNDS_A_DAY = 2
SHARES = RUNS_A_DAY // ROUNDS_A_DAY
"""Of the devices, each the work of one run in every round."""

_Item = TypeVar("_Item")


class Share(NamedTuple):
    """One of `parts` consecutive parts of something, counted from 0."""

    number: int
    parts: int

    def of(self, whole: Sequence[_Item]) -> Sequence[_Item]:
        """This part of a sequence: no two parts differ in length by more than one."""
        return whole[self.number * len(whole) // self.parts : (self.number + 1) * len(whole) // self.parts]

    def span(self, names: Sequence[str]) -> tuple[str, str | None]:
        """This part of all names that there are, as (from, to), by the sorted names that are known.

        The parts leave no name out, whether it is known or not; None is no end. Equal ends: there is nothing between.
        """
        return self._cut(names, self.number) or "", self._cut(names, self.number + 1)

    def _cut(self, names: Sequence[str], at: int) -> str | None:
        if at == self.parts:
            return None
        return names[at * len(names) // self.parts] if at and names else ""


WHOLE = Share(0, 1)
"""All of it."""


class Rota:
    """Whose turn it is, as one process knows it: one that was started anew begins with the share of its time."""

    def __init__(self, now: str) -> None:
        self._next = self._last = turn_of(now)

    def due(self, now: str) -> Iterator[Share]:
        """The shares whose turn has come since the last run: at most a round, and all of it where time was set back.

        A share is done when its consumer asks for the next one: where a run stops, the next one begins.
        """
        self._last = turn_of(now)
        if not self._last - SHARES < self._next <= self._last + 1:
            self._next = self._last - SHARES + 1
        while self._next <= self._last:
            yield Share(self._next % SHARES, SHARES)
            self._next += 1

    def pass_over(self) -> None:
        """Leave the share that a run stopped at to the next round: it failed, and would again."""
        self._next = min(self._next, self._last) + 1


def turn_of(now: str) -> int:
    """The number of the run that an instant (canonical stamp) belongs to."""
    return int(to_datetime(now).timestamp()) // (60 * EVERY_MINUTES)
