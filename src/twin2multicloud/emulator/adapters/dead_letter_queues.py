"""The dead-letter queues of an emulated cloud, by its operator's interface."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.ports.dead_letter_queues import StoredLetter

_AT_ONCE = 500

Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""A call of the operator's interface by its path. Raises RetryableError where the cloud does not answer."""


class EmulatedDeadLetterQueues:
    """A `DeadLetterQueues`."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def letters(self) -> Iterator[StoredLetter]:
        """See `ports.dead_letter_queues.DeadLetterQueues.letters`."""
        after = ""
        while page := msgspec.convert(self._call("letters", {"after": after})["letters"], list[StoredLetter]):
            yield from page
            after = page[-1].id

    def redrive(self, letters: Sequence[StoredLetter]) -> int:
        """See `ports.dead_letter_queues.DeadLetterQueues.redrive`."""
        return self._in_parts("letters/redrive", letters)

    def drop(self, letters: Sequence[StoredLetter]) -> int:
        """See `ports.dead_letter_queues.DeadLetterQueues.drop`."""
        return self._in_parts("letters/drop", letters)

    def release(self) -> None:
        """See `ports.dead_letter_queues.DeadLetterQueues.release`. Reading hides nothing here."""

    def _in_parts(self, call: str, letters: Sequence[StoredLetter]) -> int:
        ids = [each.id for each in letters]
        parts = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
        return sum(self._call(call, {"ids": part})["messages"] for part in parts)
