"""A dead-letter queue that is a list."""

from collections.abc import Sequence

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.dead_letters import DeadLetter


class RigDeadLetters:
    """A `DeadLetters`. `down` makes it refuse for now."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []
        self.down = False

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        if self.down:
            raise RetryableError("the dead-letter queue is dark")
        self.letters += dead_letters


class DeadLettersRig:
    """What the contract suite needs to know of an adapter. `kept` reads the queue back, in order of arrival."""

    def __init__(self) -> None:
        self.dead_letters = RigDeadLetters()

    def kept(self) -> list[DeadLetter]:
        return self.dead_letters.letters

    def settle(self) -> None:
        """Wait until what was put is durable."""
