"""Dead letters of an emulated cloud, and error events on their way: two tables in the journal's file.

Runs on whatever connection it is given. Writes happen on the journal's own, inside its commit groups.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

SCHEMA = """
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY, letters TEXT NOT NULL, queue TEXT NOT NULL, at TEXT NOT NULL, error TEXT NOT NULL,
    messages INTEGER NOT NULL, body BLOB NOT NULL, waited INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS buried (source INTEGER NOT NULL, place INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS errors (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""
_COLUMNS = "letters, queue, at, error, messages, body, waited"


class DeadLetterRecord(msgspec.Struct, frozen=True):
    """A dead-lettered envelope: which dead-letter queue holds it, the queue to redrive it to, and the reason.

    `waited`: not refused, but older than its queue keeps records. It is sent again when the other side answers.
    """

    dead_letter_queue: str
    queue: str
    at: str
    error: str
    messages: int
    body: bytes
    waited: bool = False


class KeptLetter(msgspec.Struct, frozen=True):
    """A dead letter with its number in the table; numbers grow with time."""

    id: int
    letter: DeadLetterRecord


class HandedOver(msgspec.Struct, frozen=True):
    """The error events up to this number are in their reporter's queue."""

    last: int


def make_tables(db: sqlite3.Connection) -> None:
    """Create the tables, and the columns that an older file lacks."""
    db.executescript(SCHEMA)
    if "waited" not in {row[1] for row in db.execute("PRAGMA table_info(dead_letters)")}:
        db.execute("ALTER TABLE dead_letters ADD COLUMN waited INTEGER NOT NULL DEFAULT 0")


def bury(db: sqlite3.Connection, letters: Iterable[DeadLetterRecord]) -> None:
    """Keep dead letters."""
    rows = map(msgspec.structs.astuple, letters)
    db.executemany(f"INSERT INTO dead_letters ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608 - constants


def note_buried(db: sqlite3.Connection, places: Iterable[tuple[int, int]]) -> None:
    """Records, by group and place in it, that are dead letters now: their group does not bring them again."""
    db.executemany("INSERT INTO buried VALUES (?, ?)", places)


def buried_of(db: sqlite3.Connection, group: int) -> set[int]:
    """The places of a group's records that are dead letters."""
    return {place for (place,) in db.execute("SELECT place FROM buried WHERE source = ?", (group,))}


def forget_letters(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Remove dead letters by number; unknown numbers do not matter."""
    db.executemany("DELETE FROM dead_letters WHERE id = ?", ((each,) for each in ids))


def forget_before(db: sqlite3.Connection, moment: str) -> None:
    """Remove what was kept before a moment (ISO 8601, UTC), as a cloud's queue does."""
    db.execute("DELETE FROM dead_letters WHERE at < ?", (moment,))
    db.execute("DELETE FROM errors WHERE json_extract(CAST(body AS TEXT), '$.timestamp') < ?", (moment,))


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """Messages in each dead-letter queue."""
    return dict(db.execute("SELECT letters, sum(messages) FROM dead_letters GROUP BY letters"))


def page(db: sqlite3.Connection, after: int, most: int) -> list[KeptLetter]:
    """The letters after a number, oldest first."""
    query = f"SELECT id, {_COLUMNS} FROM dead_letters WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constants
    return list(_letters(db.execute(query, (after, most))))


def by_number(db: sqlite3.Connection, ids: Sequence[int]) -> list[KeptLetter]:
    """The letters of these numbers that are still there, oldest first."""
    query = f"SELECT id, {_COLUMNS} FROM dead_letters WHERE id = ?"  # noqa: S608 - constants
    return [letter for each in sorted(set(ids)) for letter in _letters(db.execute(query, (each,)))]


def oldest_waited(db: sqlite3.Connection, queue: str, most: int) -> list[KeptLetter]:
    """The oldest letters of a dead-letter queue whose cause was an outage."""
    query = f"SELECT id, {_COLUMNS} FROM dead_letters WHERE waited AND letters = ? ORDER BY id LIMIT ?"  # noqa: S608 - constants
    return list(_letters(db.execute(query, (queue, most))))


def error_count(db: sqlite3.Connection) -> int:
    """How many error events wait to be handed over."""
    count: int = db.execute("SELECT count(*) FROM errors").fetchone()[0]
    return count


def oldest_errors(db: sqlite3.Connection, most: int) -> list[tuple[int, bytes]]:
    """Encoded error events by their numbers, oldest first."""
    return db.execute("SELECT id, body FROM errors ORDER BY id LIMIT ?", (most,)).fetchall()


def forget_errors(db: sqlite3.Connection, handed_over: Iterable[HandedOver]) -> None:
    """Remove error events that were handed over."""
    db.executemany("DELETE FROM errors WHERE id <= ?", ((each.last,) for each in handed_over))


def _letters(rows: Iterable[tuple[int, str, str, str, str, int, bytes, int]]) -> Iterator[KeptLetter]:
    for identity, letters, queue, at, error, messages, body, waited in rows:
        yield KeptLetter(identity, DeadLetterRecord(letters, queue, at, error, messages, body, bool(waited)))
