"""The durable queues of one emulated cloud, in one SQLite file, one fsync a group. Beside them `kept`, in its commits.

A row is a whole commit group, not a message: this makes 20,000 messages a second affordable. A group's row is deleted
when all its records are done; after a crash the group is redelivered, and the stores are idempotent.
"""

import sqlite3
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.backlog import Backlog
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord, KeptLetter

_MOST_FINISHED = 16  # groups that are done and wait for a commit without new records, to be forgotten together
RESIDENT_BYTES = 64 * 1024 * 1024
"""Limit of queued records held in memory; the rest waits on disk."""

_PAGE_BYTES = 16 * 1024  # a group has tens of KB, and each page costs system calls in the WAL and in the file
_SCHEMA = f"""
PRAGMA page_size={_PAGE_BYTES};
PRAGMA wal_autocheckpoint={4 * 1024 * 1024 // _PAGE_BYTES};
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS groups (id INTEGER PRIMARY KEY, body BLOB NOT NULL, at REAL NOT NULL DEFAULT 0);
"""


class Record(msgspec.Struct, eq=False):
    """One invocation waiting for its function. `attempts` and `passes` are its queue's, since the process started."""

    queue: str
    body: bytes  # an encoded envelope
    messages: int
    group: int = 0
    accepted: float = 0.0  # monotonic seconds
    attempts: int = 0
    alone: bool = False  # whether no other record shares its delivery
    passes: int = -1
    since: float = 0.0  # when it came, in seconds of the wall clock


class _Done(msgspec.Struct, frozen=True):
    group: int


class _Forgotten(msgspec.Struct, frozen=True):
    letter: int


class _Aged(msgspec.Struct, frozen=True):
    before: str


class _Error(msgspec.Struct, frozen=True):
    body: bytes


_Stored = tuple[str, bytes, int]
_Item = Record | DeadLetterRecord | _Done | _Forgotten | _Aged | _Error
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[_Stored]).decode
Deliver = Callable[[Sequence[Record]], None]
T = TypeVar("T")


class Journal:
    """Keeps records until they are done. `deliver` is given records as they become durable, on the journal's thread."""

    def __init__(self, path: Path, resident_bytes: int = RESIDENT_BYTES, backlog: Backlog | None = None) -> None:
        self._path, self._room = path, resident_bytes
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        kept.make_tables(self._db)
        if "at" not in {row[1] for row in self._db.execute("PRAGMA table_info(groups)")}:  # made by an older version
            self._db.execute("ALTER TABLE groups ADD COLUMN at REAL NOT NULL DEFAULT 0")
        self._next_group = 1 + (self._db.execute("SELECT max(id) FROM groups").fetchone()[0] or 0)
        self._open: dict[int, int] = {}  # group -> records not done
        self._finished: list[_Done] = []  # and still on disk
        self._cold: deque[int] = deque()
        self.backlog = backlog or Backlog(path.parent)
        for group, size in self._db.execute("SELECT id, length(body) FROM groups ORDER BY id"):
            self._cold.append(group)
            self.backlog.add(group, size)
        self._resident = 0
        self._lock = threading.Lock()
        self._deliver: Deliver | None = None
        self._commits = GroupCommit[_Item](self._write, f"journal-{path.parent.name}")

    def start(self, deliver: Deliver) -> None:
        """Start delivery: first the records of the last process, then new ones."""
        self._deliver = deliver
        self._warm_up()

    def append(self, queue: str, body: bytes, messages: int) -> Group:
        """Queue an encoded envelope for a function."""
        return self._commits.stage(Record(queue, body, messages))

    def bury(self, dead_letter: DeadLetterRecord) -> Group:
        """Keep a dead letter."""
        return self._commits.stage(dead_letter)

    def report(self, body: bytes) -> Group:
        """Keep an encoded error event."""
        return self._commits.stage(_Error(body))

    def done(self, records: Iterable[Record]) -> None:
        """Forget records. Not awaited: a crash before it is on disk redelivers them, which is allowed."""
        finished = []
        with self._lock:
            for record in records:
                self._resident -= len(record.body)
                self._open[record.group] -= 1
                if self._open[record.group] == 0:
                    del self._open[record.group]
                    finished.append(record.group)
            warm = bool(self._cold) and self._resident < self._room // 2
        self.backlog.remove(finished)
        for group in finished:
            self._commits.add(_Done(group))
        if warm:
            self._warm_up()

    def read(self, query: Callable[..., T], *arguments: object) -> T:
        """What a query of `kept` finds, on a connection of its own."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            return query(db, *arguments)

    def redrive(self, letters: Iterable[KeptLetter]) -> None:
        """Queue dead letters again; each is removed in the commit that queues it."""
        group = None
        for each in letters:
            record = each.letter
            self._commits.stage(Record(record.queue, record.body, record.messages))
            group = self._commits.stage(_Forgotten(each.id))
        if group is not None:
            group.wait()

    def forget(self, letters: Iterable[KeptLetter]) -> None:
        """Remove dead letters."""
        group = None
        for each in letters:
            group = self._commits.stage(_Forgotten(each.id))
        if group is not None:
            group.wait()

    def age(self, before: str) -> None:
        """Remove dead letters and error events from before a moment."""
        self._commits.stage(_Aged(before))

    def close(self) -> None:
        """Write what is staged and close the file."""
        self._commits.close()
        self._write(())
        self._db.close()

    def _write(self, items: Sequence[_Item]) -> None:
        """Write all staged items in one transaction; then deliver the new records."""
        by_type: dict[type, list[_Item]] = defaultdict(list)
        for item in items:
            by_type[type(item)].append(item)
        records: list[Record] = by_type.pop(Record, [])  # type: ignore[assignment]  # by type
        self._finished += by_type.pop(_Done, [])  # type: ignore[arg-type]  # by type
        if not records or len(self._finished) >= _MOST_FINISHED:
            by_type[_Done], self._finished = self._finished, []  # type: ignore[assignment]  # by type
        body, now = _pack([(each.queue, each.body, each.messages) for each in records]), time.time()
        db = self._db
        if by_type:  # else it is one statement, a transaction by itself
            db.execute("BEGIN")
        try:
            if records:
                db.execute("INSERT INTO groups VALUES (?, ?, ?)", (self._next_group, body, now))
            for kind, some in by_type.items():
                _WRITERS[kind](db, some)
            if by_type:
                db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        if records:
            self.backlog.add(self._next_group, len(body))
            self._admit(self._next_group, records, now)
            self._next_group += 1

    def _admit(self, group: int, records: list[Record], since: float) -> None:
        """Deliver a group's records, or leave them on disk where memory is full."""
        with self._lock:
            if self._deliver is None or self._cold or self._resident > self._room:
                self._cold.append(group)
                return
            self._own(group, records, since)
        self._deliver(records)

    def _own(self, group: int, records: list[Record], since: float) -> None:
        now = time.monotonic()
        for record in records:
            record.group, record.accepted, record.since = group, now, since
            self._resident += len(record.body)
        self._open[group] = len(records)

    def _warm_up(self) -> None:
        """Bring groups that are only on disk back into memory, as long as there is room."""
        assert self._deliver is not None  # noqa: S101 - start() has run
        while True:
            with self._lock:
                if not self._cold or self._resident > self._room:
                    return
                group = self._cold.popleft()
                body, at = self.read(_group, group)
                records = [Record(queue, record, messages) for queue, record, messages in _unpack(body)]
                self._own(group, records, at or time.time())
            self._deliver(records)


def _forget_groups(db: sqlite3.Connection, groups: Iterable[_Done]) -> None:
    db.executemany("DELETE FROM groups WHERE id = ?", [(each.group,) for each in groups])


def _keep_errors(db: sqlite3.Connection, errors: Iterable[_Error]) -> None:
    db.executemany("INSERT INTO errors (body) VALUES (?)", [(each.body,) for each in errors])


def _forget_letters(db: sqlite3.Connection, forgotten: Iterable[_Forgotten]) -> None:
    kept.forget_letters(db, [each.letter for each in forgotten])


def _age(db: sqlite3.Connection, aged: Iterable[_Aged]) -> None:
    for each in aged:
        kept.forget_before(db, each.before)


_WRITERS: Mapping[type, Callable[[sqlite3.Connection, Iterable[Any]], None]] = {
    DeadLetterRecord: kept.bury,
    _Error: _keep_errors,
    _Done: _forget_groups,
    _Forgotten: _forget_letters,
    _Aged: _age,
}
"""What each kind of item beside new records does to the file."""


def _group(db: sqlite3.Connection, group: int) -> tuple[bytes, float]:
    """A group's body, and when it was accepted; 0 where an older version wrote it."""
    found: tuple[bytes, float] = db.execute("SELECT body, at FROM groups WHERE id = ?", (group,)).fetchone()
    return found
