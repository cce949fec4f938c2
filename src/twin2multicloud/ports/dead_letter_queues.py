"""The dead-letter queues of one cloud as its operator sees them: reading, sending again, dropping."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec


class StoredLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a dead-letter queue.

    `id` is the queue's own and names it until it is sent again or dropped. `reason` is empty where a queue gave up
    without one. `waited`: the other side was dark for longer than the queue keeps records; nobody refused it.
    """

    id: str
    queue: str  # the dead-letter queue, by the name that it is deployed as
    at: str  # when it was dead-lettered; ISO 8601, UTC
    reason: str
    waited: bool
    messages: int
    body: bytes  # a record, see `wire.queue_records`


class DeadLetterQueues(Protocol):
    """The dead-letter queues of one cloud. Methods raise RetryableError where it does not answer."""

    def letters(self) -> Iterator[StoredLetter]:
        """All letters, oldest first within a queue."""
        ...

    def redrive(self, letters: Sequence[StoredLetter]) -> int:
        """Send letters to the function that did not take them; returns how many messages. What is gone is left out.

        A letter is removed when its function's queue, or for a publish the dispatcher, has it durably.
        """
        ...

    def drop(self, letters: Sequence[StoredLetter]) -> int:
        """Remove letters for good; returns how many messages."""
        ...

    def release(self) -> None:
        """Let go of letters that were read and neither sent again nor dropped: a cloud's queue hides what is read."""
        ...
