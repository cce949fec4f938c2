"""Chance without chance: always the same draw, and bits that count up."""

from itertools import count


class RigChance:
    """A `Chance`. `draw` is what `random` answers; with 1.0, jitter is at its largest."""

    def __init__(self, draw: float = 1.0) -> None:
        self.draw = draw
        self._bits = count(1)

    def random(self) -> float:
        return self.draw

    def getrandbits(self, k: int, /) -> int:
        return next(self._bits) % (1 << k)
