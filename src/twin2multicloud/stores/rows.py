"""How a reading is kept as a row: its sortable key, and numbers that come back exactly. Knows no store.

A row's key is its timestamp followed by its message id in an ASCII spelling whose order is that of the text itself.
Stores compare texts by bytes, by code points or by UTF-16 units, and each forbids other characters in an id: on this
spelling all of them agree.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.ports.hot_store import RangeQuery, RowKey

KEY_CHARACTERS = 900
"""Of a spelt text, at most: DynamoDB's sort keys end at 1,024 bytes, Cosmos DB's ids at 1,023."""

_STAMP = len("2026-01-15T10:30:00.000Z")
_PROPERTY = "property."  # after every timestamp, since digits come before letters


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


class StoredRow(msgspec.Struct, frozen=True):
    """One row of a device: a reading, or (without values) the note that a property called `name` was ever measured.

    `name` is a reading's message id.
    """

    sort_key: str
    name: str
    values: Mapping[str, Scalar] = {}

    @property
    def key(self) -> RowKey:
        """A reading's key."""
        return RowKey(self.sort_key[:_STAMP], self.name)


def reading_row(reading: Telemetry) -> StoredRow:
    """A normalised reading as a row."""
    key = RowKey(str(reading["timestamp"]), str(reading["message_id"]))
    return StoredRow(sort_key(key), key.message_id, values_of(reading))


def property_row(name: str) -> StoredRow:
    """The note that a device has measured a property."""
    return StoredRow(_PROPERTY + sortable(name), name)


PROPERTY_ROWS = (_PROPERTY, _PROPERTY[:-1] + "/")
"""The bounds of a device's notes, the upper one exclusive."""


def sort_key(key: RowKey) -> str:
    """A reading's key as one text, in the order of the keys."""
    return key.timestamp + sortable(key.message_id)


def time_bounds(start: str, end: str) -> tuple[str, str]:
    """The sort keys of ``(start, end]``: from the first bound, up to but without the second.

    Every key of a stamp begins with it, so that the stamp with its ``Z`` counted up comes after all of them.
    """
    return _after_stamp(start), _after_stamp(end)


def bounds(query: RangeQuery) -> tuple[str, str]:
    """The sort keys that a query still wants: from the first bound, up to but without the second."""
    low, high = time_bounds(query.start, query.end)
    if query.after is None:
        return low, high
    seen = sort_key(query.after)
    if query.descending:
        return low, min(high, seen)
    return max(low, seen + "!"), high  # "!" comes before all that a longer key could go on with


def _after_stamp(stamp: str) -> str:
    return stamp[:-1] + chr(ord(stamp[-1]) + 1)


def inexact(values: Mapping[str, Scalar], keeps: Callable[[Scalar], bool]) -> dict[str, str]:
    """Those numbers that a store would change, or cannot tell from another type, as texts. `keeps`: it does not."""
    return {name: repr(value) for name, value in values.items() if not isinstance(value, str) and not keeps(value)}


def restored(values: Iterable[tuple[str, Scalar]], exact: Mapping[str, str]) -> dict[str, Scalar]:
    """A row's values with the numbers of `inexact` put back."""
    return {**dict(values), **{name: _number(text) for name, text in exact.items()}}


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
