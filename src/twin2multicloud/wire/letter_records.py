"""Reading what dead-letter queues hold, for operators. No function imports it: its bundle would carry it."""

from collections.abc import Iterable, Iterator

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.dead_letter_queues import StoredLetter
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.queue_records import QueueRecord, UnreadRecord

_decode_unread = msgspec.json.Decoder(UnreadRecord).decode


class WholeLetter(msgspec.Struct, frozen=True):
    """A letter with what it holds: an unreadable message, joined from its parts, or readings; None for neither."""

    parts: tuple[StoredLetter, ...]
    content: Unread | QueueRecord | None
    complete: bool = True


def whole_letters(letters: Iterable[StoredLetter]) -> Iterator[WholeLetter]:
    """Letters with their content, in order. Those of which a part is missing come last, with what there is."""
    waiting: dict[str, dict[int, tuple[StoredLetter, UnreadRecord]]] = {}
    for letter in letters:
        record = read_letter(letter.body)
        if isinstance(record, UnreadRecord) and record.parts > 1:
            parts = waiting.setdefault(record.letter, {})
            parts[record.part] = (letter, record)
            if len(parts) == record.parts:
                yield _joined(waiting.pop(record.letter))
        else:
            yield WholeLetter((letter,), record.unread if isinstance(record, UnreadRecord) else record)
    yield from map(_joined, waiting.values())


def read_letter(body: bytes) -> UnreadRecord | QueueRecord | None:
    """A letter's record: an unreadable message or a part of one, or readings; None where it is neither."""
    try:
        return _decode_unread(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return queue_records.decode(body)
    except FinalError:
        return None


def _joined(parts: dict[int, tuple[StoredLetter, UnreadRecord]]) -> WholeLetter:
    ordered = [parts[place] for place in sorted(parts)]
    first = ordered[0][1]
    body = b"".join(record.unread.body for _, record in ordered)
    content = msgspec.structs.replace(first.unread, body=body)
    return WholeLetter(tuple(letter for letter, _ in ordered), content, complete=len(parts) == first.parts)
