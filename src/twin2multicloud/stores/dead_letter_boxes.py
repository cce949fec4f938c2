"""The dead-letter queues of a cloud as a `DeadLetterQueues`, once for all clouds. How one is read is the cloud's own.

For operators: no function imports it, and no bundle carries it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from twin2multicloud.ports.dead_letter_queues import StoredLetter
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.wire.letter_records import read_letter, whole_letters
from twin2multicloud.wire.queue_records import UnreadRecord, encode_unread

GAVE_UP = "its queue gave up: the function did not take it"


class Received(msgspec.Struct, frozen=True):
    """One message of a dead-letter queue. `body` is our record, or what `foreign` makes a publish of."""

    id: str
    at: str
    body: bytes
    handle: object  # the service's own, for removing and letting go


class Box(Protocol):
    """One dead-letter queue of a cloud. Methods raise RetryableError, FinalError, ConfigurationError."""

    def receive(self) -> Iterator[Received]:
        """What it holds, each hidden from other readers for some minutes."""
        ...

    def send_again(self, message: bytes | Unread) -> None:
        """Put a record into its function's queue, or a publish before the dispatcher."""
        ...

    def remove(self, received: Received) -> None:
        """Remove a message that was received."""
        ...

    def let_go(self, received: Received) -> None:
        """Show a message to other readers again."""
        ...


class BoxedDeadLetters:
    """A `DeadLetterQueues` over boxes by dead-letter queue. `publishes` are the queues whose letters are publishes."""

    def __init__(self, boxes: Mapping[str, Box], publishes: frozenset[str]) -> None:
        self._boxes, self._publishes = boxes, publishes
        self._held: dict[str, tuple[str, Received]] = {}

    def letters(self) -> Iterator[StoredLetter]:
        """See `ports.dead_letter_queues.DeadLetterQueues.letters`."""
        for name, box in self._boxes.items():
            for received in sorted(box.receive(), key=lambda each: each.at):
                self._held[received.id] = name, received
                yield _stored(name, received)

    def redrive(self, letters: Sequence[StoredLetter]) -> int:
        """See `ports.dead_letter_queues.DeadLetterQueues.redrive`. A letter of which a part is missing stays.

        Publishes go last: a cloud that cannot take them again (FinalError) keeps them, and has sent the rest.
        """
        count = 0
        ordered = sorted(letters, key=lambda letter: letter.queue in self._publishes)
        for whole in whole_letters(ordered):
            name = whole.parts[0].queue
            if not whole.complete:
                continue
            content = whole.content
            if isinstance(content, Unread):
                self._boxes[name].send_again(content if name in self._publishes else content.body)
            else:
                self._boxes[name].send_again(whole.parts[0].body)
            count += self._remove(whole.parts)
        return count

    def drop(self, letters: Sequence[StoredLetter]) -> int:
        """See `ports.dead_letter_queues.DeadLetterQueues.drop`."""
        return self._remove(letters)

    def release(self) -> None:
        """See `ports.dead_letter_queues.DeadLetterQueues.release`."""
        while self._held:
            _, (name, received) = self._held.popitem()
            self._boxes[name].let_go(received)

    def _remove(self, letters: Sequence[StoredLetter]) -> int:
        for letter in letters:
            name, received = self._held.pop(letter.id)
            self._boxes[name].remove(received)
        return sum(whole.parts[0].messages for whole in whole_letters(letters))


def _stored(name: str, received: Received) -> StoredLetter:
    record = read_letter(received.body)
    reasons = record.errors if record is not None else []
    messages = 1 if record is None or isinstance(record, UnreadRecord) else max(1, len(record.readings))
    return StoredLetter(
        id=received.id,
        queue=name,
        at=received.at,
        reason=reasons[0] if reasons else GAVE_UP,
        waited=not reasons or reasons == [GAVE_UP],
        messages=messages,
        body=received.body,
    )


def as_letter(publish: Unread, at: str) -> bytes:
    """A publish that the cloud itself dead-lettered, as our record: its function failed, it refused nothing."""
    (record,) = encode_unread(publish, at, GAVE_UP, "", 2 * len(publish.body) + 100_000)
    return record
