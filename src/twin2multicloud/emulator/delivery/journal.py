"""The durable queues of one emulated cloud, in one SQLite file, one fsync a group. Beside them `kept`, in its commits.

A row is a whole commit group, not a message: this makes 20,000 messages a second affordable. A group's row is deleted
when all its records are done; after a crash the group is redelivered, and the stores are idempotent. A group has a
checksum: one that does not hold is set aside, byte by byte, and not delivered. Commits are numbered; the last number is
also kept apart from the file (`durable_mark`).
"""

import sqlite3
import threading
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.backlog import Backlog
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.file_check import require_whole
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord, HandedOver, KeptLetter
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine

_MOST_FINISHED = 16  # groups that are done and wait for a commit without new records, to be forgotten together
RESIDENT_BYTES = 64 * 1024 * 1024
"""Limit of queued records held in memory; the rest waits on disk."""

_PAGE_BYTES = 16 * 1024  # a group has tens of KB, and each page costs system calls in the WAL and in the file
_SCHEMA = f"""
PRAGMA page_size={_PAGE_BYTES};
PRAGMA wal_autocheckpoint={4 * 1024 * 1024 // _PAGE_BYTES};
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS groups (id INTEGER PRIMARY KEY, body BLOB NOT NULL, at REAL NOT NULL DEFAULT 0,
                                   checksum INTEGER);
CREATE TABLE IF NOT EXISTS durable (id INTEGER PRIMARY KEY, number INTEGER NOT NULL);
INSERT OR IGNORE INTO durable VALUES (1, 0);
"""  # noqa: S608 - constants
_COLUMNS = {"at": "REAL NOT NULL DEFAULT 0", "checksum": "INTEGER"}  # of groups, that older versions did not write


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
    since: float = 0.0  # when it came, see `steady_seconds`
    place: int = 0  # in its group


class _Done(msgspec.Struct, frozen=True):
    group: int


class _Buried(msgspec.Struct, frozen=True):
    group: int
    place: int


class _Forgotten(msgspec.Struct, frozen=True):
    letter: int


class _Aged(msgspec.Struct, frozen=True):
    before: str


class _Error(msgspec.Struct, frozen=True):
    body: bytes


_Stored = tuple[str, bytes, int]
_Item = Record | DeadLetterRecord | _Buried | _Done | _Forgotten | _Aged | _Error | HandedOver
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[_Stored]).decode
Deliver = Callable[[Sequence[Record]], None]
T = TypeVar("T")


class Journal:
    """Keeps records until they are done. `deliver` is given records as they become durable, on the journal's thread.

    Raises ConfigurationError, before anything is changed, for a file that is damaged or is behind its mark.
    """

    def __init__(
        self,
        path: Path,
        resident_bytes: int = RESIDENT_BYTES,
        backlog: Backlog | None = None,
        mark: DurableMark | None = None,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._path, self._room, self._mark, self._machine = path, resident_bytes, mark, machine
        require_whole(path)
        if mark is not None:
            mark.require(last_number(path), path)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        kept.make_tables(self._db)
        there = {row[1] for row in self._db.execute("PRAGMA table_info(groups)")}
        for name in _COLUMNS.keys() - there:
            self._db.execute(f"ALTER TABLE groups ADD COLUMN {name} {_COLUMNS[name]}")
        self._next, self._local = 1 + _last(self._db), threading.local()
        self._open: dict[int, int] = {}  # group -> records not done
        self._finished: list[_Done] = []  # and still on disk
        self._cold: deque[int] = deque()
        self.backlog = backlog or Backlog(path.parent)
        for group, size in self._db.execute("SELECT id, length(body) FROM groups ORDER BY id"):
            self._cold.append(group)
            self.backlog.add(group, size)
        self._resident, self._lock = 0, threading.Lock()
        self._deliver: Deliver | None = None
        self._commits = GroupCommit[_Item](self._write, f"journal-{path.parent.name}", machine=machine)

    def start(self, deliver: Deliver) -> None:
        """Start delivery: first the records of the last process, then new ones."""
        self._deliver = deliver
        self._warm_up()

    def append(self, queue: str, body: bytes, messages: int) -> Group:
        """Queue an encoded envelope for a function."""
        return self._stage(Record(queue, body, messages))

    def bury(self, dead_letter: DeadLetterRecord, record: Record | None = None) -> Group:
        """Keep a dead letter; with the record that becomes it, which from then on is nowhere else."""
        if record is None:
            return self._stage(dead_letter)
        return self._stage(dead_letter, _Buried(record.group, record.place))

    @contextmanager
    def together(self) -> Iterator[Group]:
        """What this thread stages within is written together, at the end; nothing of it where an error ends it."""
        items: list[_Item] = []
        group = Group(self._machine)
        self._local.together = items, group
        try:
            yield group
        finally:
            del self._local.together
        if items:
            self._commits.stage_all(items).when_done(group.finish)
        else:
            group.finish(None)

    def report(self, body: bytes) -> Group:
        """Keep an encoded error event."""
        return self._stage(_Error(body))

    def hand_over_errors(self, queue: str, most: int) -> int:
        """Queue the oldest error events for a function, in the commit that removes them here; returns how many."""
        found = self.read(kept.oldest_errors, most)
        if found:
            self._stage(*(Record(queue, body, 1) for _, body in found), HandedOver(found[-1][0])).wait()
        return len(found)

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
        items: list[_Item] = []
        for each in letters:
            record = each.letter
            items += Record(record.queue, record.body, record.messages), _Forgotten(each.id)
        if items:
            self._stage(*items).wait()

    def forget(self, letters: Iterable[KeptLetter]) -> None:
        """Remove dead letters."""
        with self.together() as group:
            self.forget_with(letters)
        group.wait()

    def forget_with(self, letters: Iterable[KeptLetter]) -> None:
        """Remove dead letters in the commit of what is staged `together`."""
        for each in letters:
            self._stage(_Forgotten(each.id))

    def age(self, before: str) -> None:
        """Remove dead letters and error events from before a moment."""
        self._commits.stage(_Aged(before))

    def close(self) -> None:
        """Write what is staged and close the file, without a log beside it where the disk has room."""
        self._commits.close()
        with suppress(OSError, sqlite3.Error):  # else what is done is delivered once more, from the log
            self._write(())
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        if self._mark is not None:
            self._mark.close()

    @property
    def set_aside(self) -> int:
        """How many groups were ever set aside."""
        return sum(1 for _ in self._aside.glob("group-*"))

    @property
    def _aside(self) -> Path:
        return self._path.parent / SET_ASIDE

    def _stage(self, *items: _Item) -> Group:
        together: tuple[list[_Item], Group] | None = self._local.__dict__.get("together")
        if together is None:
            return self._commits.stage_all(items)
        together[0].extend(items)
        return together[1]

    def _write(self, items: Sequence[_Item]) -> None:
        """Write all staged items in one transaction; then deliver the new records."""
        by_type: dict[type, list[_Item]] = defaultdict(list)
        for item in items:
            by_type[type(item)].append(item)
        records: list[Record] = by_type.pop(Record, [])  # type: ignore[assignment]  # by type
        self._finished += by_type.pop(_Done, [])  # type: ignore[arg-type]  # by type
        if not records or len(self._finished) >= _MOST_FINISHED:
            by_type[_Done], self._finished = self._finished, []  # type: ignore[assignment]  # by type
        body = _pack([(each.queue, each.body, each.messages) for each in records])
        now = self._machine.steady_seconds()
        db, number = self._db, self._next
        numbered = bool(records) or any(kind is not _Error for kind, some in by_type.items() if some)
        if by_type:  # else it is one statement, a transaction by itself
            db.execute("BEGIN")
        try:
            self._machine.writing()
            if records:
                db.execute(_INSERT, (number, body, now, zlib.crc32(body)))
            for kind, some in by_type.items():
                _WRITERS[kind](db, some)
            if by_type and numbered:
                db.execute("UPDATE durable SET number = ?", (number,))
            if by_type:
                db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._finished += by_type.get(_Done, [])  # type: ignore[arg-type]  # by type; else they come again
            raise
        if numbered:
            self._next += 1
            if self._mark is not None:
                self._mark.note(number)
        if records:
            self.backlog.add(number, len(body))
            for place, record in enumerate(records):
                record.place = place
            self._admit(number, records, now)

    def _admit(self, group: int, records: list[Record], since: float) -> None:
        """Deliver a group's records, or leave them on disk where memory is full."""
        with self._lock:
            if self._deliver is None or self._cold or self._resident > self._room:
                self._cold.append(group)
                return
            self._own(group, records, since)
        self._deliver(records)

    def _own(self, group: int, records: list[Record], since: float) -> None:
        now = self._machine.monotonic()
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
                records, at = self._read_back(group)
                if records:
                    self._own(group, records, at or self._machine.steady_seconds())
            if records:
                self._deliver(records)
            else:
                self.backlog.remove([group])
                self._commits.add(_Done(group))

    def _read_back(self, group: int) -> tuple[list[Record], float]:
        """What of a group is to be delivered, and when it came. What is not as it was written is set aside."""
        body, at, checksum = self.read(_group, group)
        try:
            if checksum is not None and checksum != zlib.crc32(body):
                raise ValueError("the checksum does not hold")
            stored = _unpack(body)
        except (ValueError, msgspec.MsgspecError):
            self._aside.mkdir(exist_ok=True)
            (self._aside / f"group-{group}").write_bytes(body)
            return [], at
        buried = self.read(kept.buried_of, group)
        records = [
            Record(queue, record, messages, place=place) for place, (queue, record, messages) in enumerate(stored)
        ]
        return [record for record in records if record.place not in buried], at


SET_ASIDE = "set-aside"  # the folder beside the journal with what was not as it had been written
_INSERT = "INSERT INTO groups (id, body, at, checksum) VALUES (?, ?, ?, ?)"


def last_number(path: Path) -> int:
    """The number of a journal's last commit; 0 without a file, and for one of an older version. It must be whole."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        return _last(db)


def _last(db: sqlite3.Connection) -> int:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    found = [0]
    if "groups" in tables:
        found += db.execute("SELECT coalesce(max(id), 0) FROM groups").fetchone()
    if "durable" in tables:
        found += db.execute("SELECT coalesce(max(number), 0) FROM durable").fetchone()
    return max(found)


def _forget_groups(db: sqlite3.Connection, groups: Iterable[_Done]) -> None:
    gone = [(each.group,) for each in groups]
    db.executemany("DELETE FROM groups WHERE id = ?", gone)
    db.executemany("DELETE FROM buried WHERE source = ?", gone)


def _note_buried(db: sqlite3.Connection, buried: Iterable[_Buried]) -> None:
    kept.note_buried(db, [(each.group, each.place) for each in buried])


def _keep_errors(db: sqlite3.Connection, errors: Iterable[_Error]) -> None:
    db.executemany("INSERT INTO errors (body) VALUES (?)", [(each.body,) for each in errors])


def _forget_letters(db: sqlite3.Connection, forgotten: Iterable[_Forgotten]) -> None:
    kept.forget_letters(db, [each.letter for each in forgotten])


def _age(db: sqlite3.Connection, aged: Iterable[_Aged]) -> None:
    for each in aged:
        kept.forget_before(db, each.before)


_WRITERS: Mapping[type, Callable[[sqlite3.Connection, Iterable[Any]], None]] = {
    DeadLetterRecord: kept.bury,
    _Buried: _note_buried,
    _Error: _keep_errors,
    HandedOver: kept.forget_errors,
    _Done: _forget_groups,
    _Forgotten: _forget_letters,
    _Aged: _age,
}
"""What each kind of item beside new records does to the file."""


def _group(db: sqlite3.Connection, group: int) -> tuple[bytes, float, int | None]:
    """A group's body, when it was accepted, and its checksum; 0 and None where an older version wrote it."""
    found: tuple[bytes, float, int | None]
    found = db.execute("SELECT body, at, checksum FROM groups WHERE id = ?", (group,)).fetchone()
    return found
