"""How a reading is kept as a row: its sortable key, and numbers that come back exactly. Knows no store.

A row's key is its timestamp followed by its message id in an ASCII spelling whose order is that of the text itself.
Stores compare texts by bytes, by code points or by UTF-16 units, and each forbids other characters in an id: on this
spelling all of them agree.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Key, Reading, kept
from twin2multicloud.ports.hot_store import RangeQuery, Row, RowKey

KEY_CHARACTERS = 900
"""Of a spelt text, at most: DynamoDB's sort keys end at 1,024 bytes, Cosmos DB's ids at 1,023."""

_STAMP = len("2026-01-15T10:30:00.000Z")


def _spelt(byte: int) -> str:
    """Digits and letters as they are, the rest as an escape that sorts where the byte did, and its two hex digits."""
    if chr(byte).isalnum() and byte < 0x80:
        return chr(byte)
    escape = "-" if byte < ord("0") else "=" if byte < ord("A") else "_" if byte < ord("a") else "~"
    return f"{escape}{byte:02X}"


_SPELLING = tuple(_spelt(byte) for byte in range(256))


def sortable(text: str) -> str:
    """A text in letters, digits and ``- = _ ~``, in the same order as the texts themselves.

    What is longer than `KEY_CHARACTERS` ends in a digest: still one spelling per text, in order up to there.
    """
    raw = text.encode(errors="surrogatepass")
    spelt = "".join([_SPELLING[byte] for byte in raw])
    if len(spelt) <= KEY_CHARACTERS:
        return spelt
    return f"{spelt[: KEY_CHARACTERS - 33]}~{hashlib.blake2b(raw, digest_size=16).hexdigest()}"


class Put(msgspec.Struct, frozen=True, gc=False):
    """A row to write: a reading, or a note of properties that a device measured. `body` is the values as JSON."""

    device_id: str
    key: RowKey
    values: Mapping[str, Scalar] = {}
    body: bytes = b"{}"


_Bound = tuple[str, bool, str]  # a timestamp, whether all of its rows are meant, else a message id


class Span(msgspec.Struct, frozen=True):
    """The keys of a device that come after one bound and before another, both exclusive."""

    after: _Bound
    before: _Bound

    @property
    def texts(self) -> tuple[str, str]:
        """The same as sort keys: from the first, up to but without the second."""
        text, whole, message = self.after
        low = _after_stamp(text) if whole else text + sortable(message) + "!"  # comes before all longer keys
        text, whole, message = self.before
        return low, _after_stamp(text) if whole else text + sortable(message)

    @property
    def is_empty(self) -> bool:
        """Whether no key can be between the bounds."""
        return self.after >= self.before

    def beyond(self, key: RowKey, *, descending: bool) -> "Span":
        """What is left when all up to a key was read, in that order."""
        seen = key.timestamp, False, key.message_id
        return Span(self.after, min(self.before, seen)) if descending else Span(max(self.after, seen), self.before)


NOTES = "property."
"""Stands where a reading's timestamp would, and after every one of them, since digits come before letters."""

NOTED = "names"
"""The value of a note: a JSON list of properties."""

_NOTED_NAMES = 100  # of one note

ALL_NOTES = Span((NOTES[:-1] + "-", True, ""), (NOTES, True, ""))
ALL_READINGS = Span(("0001-01-01T00:00:00.000Z", False, ""), ("9999-12-31T23:59:59.999Z", True, ""))


def reading_put(reading: Reading) -> Put:
    """A reading as a row. Raises FinalError (400) for values that no store has."""
    try:
        key, body, values = reading.parts
        return Put(key.device_id, RowKey(key.timestamp, key.message_id), values, body)
    except InvalidTelemetryError as error:
        raise FinalError(str(error), 400) from error


def note_puts(device_id: str, names: Iterable[str]) -> Iterator[Put]:
    """The notes that a device has measured properties: each the names of some, under a digest of them."""
    ordered = sorted(names)
    for start in range(0, len(ordered), _NOTED_NAMES):
        text = msgspec.json.encode(ordered[start : start + _NOTED_NAMES])
        key = RowKey(NOTES, hashlib.blake2b(text, digest_size=8).hexdigest())
        values: dict[str, Scalar] = {NOTED: text.decode()}
        yield Put(device_id, key, values, msgspec.json.encode(values))


def noted(note: Row) -> Sequence[str]:
    """The properties that a note names. Older stores have a note for each, whose id is the name."""
    text = note.values.get(NOTED)
    return msgspec.json.decode(text, type=list[str]) if isinstance(text, str) else (note.key.message_id,)


def as_reading(device_id: str, row: Row) -> Reading:
    """The reading of a row that has all of its values."""
    return kept(Key(device_id, row.key.timestamp, row.key.message_id), dict(row.values))


def sort_key(key: RowKey) -> str:
    """A row's key as one text, in the order of the keys."""
    return key.timestamp + sortable(key.message_id)


def row_key(sort_key: str, message_id: str) -> RowKey:
    """The key of a row that a store keeps under `sort_key`, with its message id as it was."""
    return RowKey(NOTES if sort_key.startswith(NOTES) else sort_key[:_STAMP], message_id)


def time_span(start: str, end: str) -> Span:
    """The keys of ``(start, end]``."""
    return Span((start, True, ""), (end, True, ""))


def span(query: RangeQuery) -> Span:
    """The keys that a query still needs."""
    whole = time_span(query.start, query.end)
    return whole if query.after is None else whole.beyond(query.after, descending=query.descending)


def _after_stamp(stamp: str) -> str:
    """Every key of a stamp begins with it, so that the stamp with its last character counted up comes after them."""
    return stamp[:-1] + chr(ord(stamp[-1]) + 1)


def escaped(name: str) -> str:
    r"""A property's name as a field's: not empty, and not ``__like this__``. ``\`` marks those; see `plain`."""
    return f"\\{name}" if not name or name.startswith(("\\", "__")) else name


def plain(name: str) -> str:
    """The name of a property from its field's."""
    return name.removeprefix("\\")


def inexact(values: Mapping[str, Scalar], keeps: Callable[[Scalar], bool]) -> dict[str, str]:
    """Numbers that a store would change or whose type it would lose, as texts. `keeps`: it preserves them."""
    return {name: repr(value) for name, value in values.items() if not isinstance(value, str) and not keeps(value)}


def restored(
    values: Iterable[tuple[str, Scalar]], exact: Mapping[str, str], properties: Sequence[str] | None
) -> dict[str, Scalar]:
    """Those of a row's values that are asked for (None: all), with the numbers of `inexact` put back."""
    found = {**dict(values), **{name: _number(text) for name, text in exact.items()}}
    return found if properties is None else {name: found[name] for name in properties if name in found}


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
