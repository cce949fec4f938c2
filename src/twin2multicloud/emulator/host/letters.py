"""The dead letters of one emulated cloud: read, sent again, dropped, aged. Owns when letters go home by themselves.

A letter whose cause was an outage is sent again when its queue's function answers, oldest first, so many a second;
one that was refused waits for its operator.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.kept import KeptLetter
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.delivery.queues import KEEPS, FunctionQueue
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.ports.dead_letter_queues import StoredLetter
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.wire.batches import batches
from twin2multicloud.wire.letter_records import read_letter
from twin2multicloud.wire.limits import MAX_BODY_BYTES
from twin2multicloud.wire.queue_records import UnreadRecord

PAGE = 500
RESENT_A_SECOND = 100
"""Records, of one queue: a bound, so that what devices send now does not wait behind the past."""

_TICK, _HOUR = 1.0, 3600.0


class CloudLetters:
    """The letters in a cloud's journal. `start_dispatcher` is the dispatcher's, where L1 is here."""

    def __init__(
        self,
        journal: Journal,
        staged: Staged,
        queues: Mapping[str, FunctionQueue],
        start_dispatcher: Callable[[], Start | None],
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._journal, self._staged, self._queues = journal, staged, queues
        self._start_dispatcher, self._machine = start_dispatcher, machine
        self._one_at_a_time = machine.lock()  # a letter is read and sent again by one, or both would send it
        self._closing = machine.event()
        self._thread = machine.thread(self._keep_up, "letters")

    def start(self) -> None:
        """Start sending letters home and forgetting old ones."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        self._thread.join()

    def page(self, after: str) -> list[StoredLetter]:
        """The letters after an id (empty: from the first): `PAGE` at most, and no more bytes than one answer holds."""
        found = self._journal.read(kept.page, int(after or 0), PAGE)
        room = next(batches(found, most=PAGE, max_bytes=MAX_BODY_BYTES, size_of=_size), [])
        return [_stored(each) for each in room]

    def redrive(self, ids: Sequence[str]) -> int:
        """Send letters again; returns how many messages. What a dispatcher refuses again is a new letter."""
        with self._one_at_a_time:
            return self._redrive(ids)

    def _redrive(self, ids: Sequence[str]) -> int:
        found = self._journal.read(kept.by_number, list(map(int, ids)))
        queued = [each for each in found if each.letter.queue in self._queues]
        for each in queued:
            self._queues[each.letter.queue].meter.revived(each.letter.messages)
        self._journal.redrive(map(_as_it_was, queued))
        self._publish_again([each for each in found if each.letter.queue not in self._queues])
        return sum(each.letter.messages for each in found)

    def drop(self, ids: Sequence[str]) -> int:
        """Remove letters; returns how many messages."""
        with self._one_at_a_time:
            found = self._journal.read(kept.by_number, list(map(int, ids)))
            self._journal.forget(found)
        return sum(each.letter.messages for each in found)

    def send_home(self) -> int:
        """Send the oldest letters of an outage to the functions that answer again; returns how many records."""
        sent = 0
        for queue in self._queues.values():
            with self._one_at_a_time:
                letters = self._journal.read(kept.oldest_waited, queue.dead_letters, RESENT_A_SECOND)
                if letters and queue.takes_letters:
                    for each in letters:
                        queue.meter.revived(each.letter.messages)
                    self._journal.redrive(letters)
                    sent += len(letters)
        return sent

    def _publish_again(self, letters: Sequence[KeptLetter]) -> None:
        """Start the dispatcher with publishes as they came; letters go in the commit of what it makes of them."""
        start = self._start_dispatcher()
        if start is None or not letters:
            return
        with self._journal.together() as group:
            start([_publish(each) for each in letters])
            self._journal.forget_with(letters)
        self._staged.take()
        group.wait()

    def _keep_up(self) -> None:
        aged = 0.0
        machine = self._machine
        while not self._closing.wait(machine.look_every(_TICK)):
            self.send_home()
            if machine.monotonic() - aged > _HOUR or not aged:
                aged = machine.monotonic()
                self._journal.age(from_milliseconds(int(1000 * (machine.steady_seconds() - KEEPS))))


def _size(each: KeptLetter) -> int:
    return len(each.letter.body)


def _stored(each: KeptLetter) -> StoredLetter:
    letter = each.letter
    return StoredLetter(
        id=str(each.id),
        queue=letter.dead_letter_queue,
        at=letter.at,
        reason=letter.error,
        waited=letter.waited,
        messages=letter.messages,
        body=letter.body,
    )


def _as_it_was(each: KeptLetter) -> KeptLetter:
    """A letter with the record that its queue had: one that was no record went into the letter whole."""
    record = read_letter(each.letter.body)
    if isinstance(record, UnreadRecord):
        return KeptLetter(each.id, msgspec.structs.replace(each.letter, body=record.unread.body))
    return each


def _publish(each: KeptLetter) -> Published:
    """The publish in a letter of the dispatcher. The emulator's records have room for all of it."""
    record = read_letter(each.letter.body)
    message = record.unread if isinstance(record, UnreadRecord) else Unread(each.letter.body)
    return Published(message.device_id or "", message.body, message.received_at or None)
