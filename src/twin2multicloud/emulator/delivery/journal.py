"""The durable queues of one emulated cloud, its dead letters and its error table: one SQLite file, one fsync a group.

A row is a whole commit group, not a message: this makes 20,000 messages a second affordable. A group's row is deleted
when all its records are done; after a crash the group is redelivered, and the stores are idempotent.
"""

import sqlite3
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from twin2multicloud.emulator.delivery.backlog import Backlog
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit

RESIDENT_BYTES = 64 * 1024 * 1024
"""Limit of queued records held in memory; the rest waits on disk."""

_PAGE_BYTES = 16 * 1024  # a group has tens of KB, and each page costs system calls in the WAL and in the file
_SCHEMA = f"""
PRAGMA page_size={_PAGE_BYTES};
PRAGMA wal_autocheckpoint={4 * 1024 * 1024 // _PAGE_BYTES};
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS groups (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY, letters TEXT NOT NULL, queue TEXT NOT NULL, at TEXT NOT NULL, error TEXT NOT NULL,
    messages INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS errors (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""


class Record(msgspec.Struct, eq=False):
    """One invocation waiting for its function. `attempts` counts failed deliveries since the process started."""

    queue: str
    body: bytes  # an encoded envelope
    messages: int
    group: int = 0
    accepted: float = 0.0  # monotonic seconds
    attempts: int = 0
    alone: bool = False  # whether no other record shares its delivery


class DeadLetterRecord(msgspec.Struct, frozen=True):
    """A dead-lettered envelope: which dead-letter queue holds it, the queue to redrive it to, and the reason."""

    dead_letter_queue: str
    queue: str
    at: str
    error: str
    messages: int
    body: bytes


class _Done(msgspec.Struct, frozen=True):
    group: int


class _Redriven(msgspec.Struct, frozen=True):
    id: int


class _Error(msgspec.Struct, frozen=True):
    body: bytes


_Stored = tuple[str, bytes, int]
_Item = Record | DeadLetterRecord | _Done | _Redriven | _Error
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[_Stored]).decode
Deliver = Callable[[Sequence[Record]], None]


class Journal:
    """Keeps records until they are done. `deliver` is given records as they become durable, on the journal's thread."""

    def __init__(self, path: Path, resident_bytes: int = RESIDENT_BYTES, backlog: Backlog | None = None) -> None:
        self._path, self._room = path, resident_bytes
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._next_group = 1 + (self._db.execute("SELECT max(id) FROM groups").fetchone()[0] or 0)
        self._open: dict[int, int] = {}  # group -> records not done
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

    def dead_letters(self) -> dict[str, int]:
        """Messages in each dead-letter queue."""
        with self._reading() as db:
            return dict(db.execute("SELECT letters, sum(messages) FROM dead_letters GROUP BY letters"))

    def redrive(self, queue: str | None = None) -> int:
        """Redrive dead letters, of one queue or all; returns how many messages. Each is removed as it is queued."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, queue, body, messages FROM dead_letters WHERE letters = ? OR ? IS NULL", (queue, queue)
            ).fetchall()
        group = None
        for identity, target, body, messages in rows:
            self._commits.stage(Record(target, body, messages))
            group = self._commits.stage(_Redriven(identity))
        if group is not None:
            group.wait()
        return sum(row[3] for row in rows)

    def errors(self) -> int:
        """How many error events there are."""
        with self._reading() as db:
            count: int = db.execute("SELECT count(*) FROM errors").fetchone()[0]
            return count

    def close(self) -> None:
        """Write what is staged and close the file."""
        self._commits.close()
        self._db.close()

    def _reading(self) -> closing[sqlite3.Connection]:
        """A connection of its own for a read."""
        return closing(sqlite3.connect(self._path, isolation_level=None))

    def _write(self, items: Sequence[_Item]) -> None:
        """Write all staged items in one transaction; then deliver the new records."""
        by_type: dict[type, list[_Item]] = defaultdict(list)
        for item in items:
            by_type[type(item)].append(item)
        records: list[Record] = by_type[Record]  # type: ignore[assignment]
        db = self._db
        db.execute("BEGIN")
        try:
            if records:
                body = _pack([(each.queue, each.body, each.messages) for each in records])
                db.execute("INSERT INTO groups VALUES (?, ?)", (self._next_group, body))
            db.executemany(
                "INSERT INTO dead_letters (letters, queue, at, error, messages, body) VALUES (?, ?, ?, ?, ?, ?)",
                [msgspec.structs.astuple(each) for each in by_type[DeadLetterRecord]],
            )
            db.executemany("INSERT INTO errors (body) VALUES (?)", [(each.body,) for each in by_type[_Error]])  # type: ignore[union-attr]
            db.executemany("DELETE FROM groups WHERE id = ?", [(each.group,) for each in by_type[_Done]])  # type: ignore[union-attr]
            db.executemany("DELETE FROM dead_letters WHERE id = ?", [(each.id,) for each in by_type[_Redriven]])  # type: ignore[union-attr]
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        if records:
            self.backlog.add(self._next_group, len(body))
            self._admit(self._next_group, records)
            self._next_group += 1

    def _admit(self, group: int, records: list[Record]) -> None:
        """Deliver a group's records, or leave them on disk where memory is full."""
        with self._lock:
            if self._deliver is None or self._cold or self._resident > self._room:
                self._cold.append(group)
                return
            self._own(group, records)
        self._deliver(records)

    def _own(self, group: int, records: list[Record]) -> None:
        now = time.monotonic()
        for record in records:
            record.group, record.accepted = group, now
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
                with self._reading() as db:
                    (body,) = db.execute("SELECT body FROM groups WHERE id = ?", (group,)).fetchone()
                records = [Record(queue, record, messages) for queue, record, messages in _unpack(body)]
                self._own(group, records)
            self._deliver(records)
