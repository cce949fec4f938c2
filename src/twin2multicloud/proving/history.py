"""What happened, in order, by the virtual clock: the same seed gives the same lines."""

import hashlib
from collections import Counter

from twin2multicloud.proving.turns import Turns


class History:
    """Lines with their time, and counters of kinds of events."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def say(self, line: str) -> None:
        """Something that a reader of a failing history wants to see."""
        self.lines.append(f"{self._turns.now:12.3f} s  {line}")
        self._digest.update(self.lines[-1].encode())

    def count(self, kind: str, much: int = 1) -> None:
        """Something of which there is much. It is part of the history's digest, with its time."""
        self.counts[kind] += much
        self._digest.update(f"{self._turns.now:.6f} {kind} {much}".encode())

    @property
    def digest(self) -> str:
        """The same for the same history."""
        return self._digest.hexdigest()[:16]
