"""A dead-letter queue that is a list, and reading back the records of others."""

from collections.abc import Iterable, Sequence

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.dead_letter_queues import StoredLetter
from twin2multicloud.ports.dead_letters import DeadLetter, Unread
from twin2multicloud.wire.letter_records import read_letter, whole_letters


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


def letters_in(records: Iterable[bytes]) -> list[DeadLetter]:
    """The letters in the records of a dead-letter queue, each with the reason in its record."""
    stored = [
        StoredLetter(id=str(number), queue="", at="", reason="", waited=False, messages=1, body=record)
        for number, record in enumerate(records)
    ]
    found = []
    for whole in whole_letters(stored):
        record = read_letter(whole.parts[0].body)
        assert record is not None
        (error,) = record.errors
        if isinstance(whole.content, Unread):
            found.append(DeadLetter(whole.content, error))
        else:
            assert whole.content is not None
            (reading,) = whole.content.readings
            found.append(DeadLetter(reading, error))
    return found
