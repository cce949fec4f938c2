"""The hot store's rows in SQLite: WAL mode, group commit, one index by device, time and message id. Only rows.

A plain rowid table: WITHOUT ROWID costs a factor of three at insert. Times are integers (ms) and devices are numbered,
so that the one index stays small; notes of properties have a time after all others. How many readings there are is
kept as they are written, because SQLite would have to look at each.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.file_check import require_whole
from twin2multicloud.emulator.delivery.group_commit import Group, GroupCommit
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.ports.hot_store import BEFORE_ALL, Row, RowKey
from twin2multicloud.stores.rows import NOTES, Put, Span
from twin2multicloud.stores.sorted_hot_store import SortedHotStore

_FORMAT = 2  # see `user_version` below; 1 has no number of commits, and files of others are refused
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
BEGIN;
CREATE TABLE IF NOT EXISTS devices (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS readings (device INTEGER NOT NULL, time INTEGER NOT NULL, message TEXT NOT NULL,
                                     body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_time ON readings (device, time, message);
CREATE TABLE IF NOT EXISTS counted (id INTEGER PRIMARY KEY, readings INTEGER NOT NULL,
                                    commits INTEGER NOT NULL DEFAULT 0);
INSERT OR IGNORE INTO counted (id, readings) VALUES (1, 0);
PRAGMA user_version=2;
COMMIT
"""
_INSERT = "INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM readings WHERE device = ? AND time = ? AND message = ?"
_SPAN = """
SELECT min((SELECT min(time) FROM readings WHERE device = devices.id AND time < ?)),
max((SELECT max(time) FROM readings WHERE device = devices.id AND time < ?)) FROM devices
"""
_COUNT_OF = "SELECT count(*) FROM readings WHERE device = (SELECT id FROM devices WHERE name = ?)"
_COUNT = "UPDATE counted SET readings = readings + ?, commits = ?"
_PAGE = """
SELECT {columns} FROM readings
WHERE device = (SELECT id FROM devices WHERE name = ?)
AND time >= ? AND time <= ? AND (time, message) > (?, ?) AND (time, message) < (?, ?)
ORDER BY time {order}, message {order} LIMIT ?
"""
_PAGES = {
    (columns, descending): _PAGE.format(columns=columns, order="DESC" if descending else "ASC")
    for columns in ("time, message", "time, message, body")
    for descending in (True, False)
}
"""By what is read of a row (the index has its key) and the order."""

_AFTER_ALL = b""  # a blob sorts after every text
_NOTES_TIME, _NO_STAMP = 1 << 60, ":"  # comes after the digits that a stamp begins with


def hot_store(table: "SqliteRows") -> SortedHotStore:
    """Engine settings for a local table: memory for all devices, cheap queries."""
    return SortedHotStore(table, known_devices=1_000_000, first_page=1)


class _Deletion(msgspec.Struct, frozen=True):
    """Rows to delete, staged as writes are."""

    device_id: str
    keys: Sequence[RowKey]


class _Addition(msgspec.Struct):
    """A row to write where there is none, staged as writes are. `added` is said by the transaction."""

    row: Put
    added: bool = False


class SqliteRows:
    """A `SortedTable` that only reads, from a file that another process may write: WAL readers wait for no writer."""

    max_row_bytes = 1_000_000

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    def put(self, rows: Sequence[Put]) -> None:
        """Refuse to write. Raises FinalError."""
        raise FinalError(f"{len(rows)} rows for {self._path}, which is only read here")

    def add(self, row: Put) -> bool:
        """Refuse to write. Raises FinalError."""
        raise FinalError(f"a row of {row.device_id!r} for {self._path}, which is only read here")

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """See `SortedTable.page`."""
        low, high = _bound(*within.after), _bound(*within.before)
        sql = _PAGES["time, message, body" if properties != () else "time, message", descending]
        found = self._reader().execute(sql, (device_id, low[0], high[0], *low, *high, limit))
        stamp = _stamp if high[0] == _NOTES_TIME else from_milliseconds
        if properties == ():
            return [Row(RowKey(stamp(time), message), {}) for time, message in found]
        select = _projection(properties if properties is None else tuple(properties))
        return [Row(RowKey(stamp(time), message), select(body)) for time, message, body in found]

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """Refuse to delete. Raises FinalError."""
        raise FinalError(f"{len(keys)} rows of {device_id!r} to delete in {self._path}, which is only read here")

    def close(self) -> None:
        """Close the file."""
        for db in self._readers:
            db.close()

    def _reader(self) -> sqlite3.Connection:
        """A connection for this thread."""
        db: sqlite3.Connection | None = self._local.__dict__.get("db")
        if db is None:
            db = self._local.db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA mmap_size=1073741824")
            self._readers.append(db)
        return db


class SqliteTable(SqliteRows):
    """A `SortedTable` in one file. A write is staged; the host answers when it is durable (see `durability`).

    Raises ConfigurationError where another version of this package wrote the file, where it is damaged, and where it is
    behind its mark.
    """

    def __init__(
        self, path: Path, staged: Staged, mark: DurableMark | None = None, machine: Machine = THIS_MACHINE
    ) -> None:
        super().__init__(path)
        self._staged, self._mark, self._machine = staged, mark, machine
        require_whole(path)
        if mark is not None:
            mark.require(last_number(path), path)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._refuse_other_formats()
        self._db.executescript(_SCHEMA)
        self._devices: dict[str, int] = {name: number for number, name in self._db.execute("SELECT * FROM devices")}
        self._count: int
        self._number_of_commits: int
        self._count, self._number_of_commits = self._db.execute("SELECT readings, commits FROM counted").fetchone()
        self._owed: list[Put] = []
        self._commits = GroupCommit[Sequence[Put] | _Addition | _Deletion](self._write, "hot-store", machine=machine)

    def put(self, rows: Sequence[Put]) -> None:
        """See `SortedTable.put`."""
        self._local.put = group = self._commits.stage(rows)
        self._staged.add(group)

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """See `SortedTable.page`."""
        self._settle()
        return super().page(device_id, within, limit, properties, descending=descending)

    def add(self, row: Put) -> bool:
        """See `SortedTable.add`."""
        addition = _Addition(row)
        self._commit(addition)
        return addition.added

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """See `SortedTable.delete`."""
        self._commit(_Deletion(device_id, keys))

    def count(self) -> int:
        """How many readings there are."""
        count: int = self._count
        return count

    def count_of(self, device_id: str) -> int:
        """How many readings of one device there are."""
        return int(self._reader().execute(_COUNT_OF, (device_id,)).fetchone()[0])

    def size(self) -> int:
        """Bytes on the disk, the write-ahead log included."""
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def span(self) -> tuple[str, str]:
        """The times of the oldest and the newest reading, canonical stamps; two empty texts where there are none."""
        oldest, newest = self._reader().execute(_SPAN, (_NOTES_TIME, _NOTES_TIME)).fetchone()
        return ("", "") if oldest is None or newest is None else (from_milliseconds(oldest), from_milliseconds(newest))

    def close(self) -> None:
        """Write what is staged and close the file, without a log beside it where the disk has room."""
        self._commits.close()
        super().close()
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        if self._mark is not None:
            self._mark.close()

    def _refuse_other_formats(self) -> None:
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and found == 1:
            self._db.execute("ALTER TABLE counted ADD COLUMN commits INTEGER NOT NULL DEFAULT 0")
        elif tables and found != _FORMAT:
            self._db.close()
            raise ConfigurationError(
                f"{self._path} was written by another version of twin2multicloud; move it away and run "
                "`t2mc up --accept-loss` to start empty"
            )

    def _commit(self, item: "_Addition | _Deletion") -> None:
        try:
            self._commits.stage(item).wait()
        except Exception as error:  # any error of the disk or of a write in the same group
            raise RetryableError(f"the write to disk failed: {error}") from error

    def _settle(self) -> None:
        """Wait for what this thread has put. A failure is raised where `staged` is awaited."""
        group: Group | None = self._local.__dict__.pop("put", None)
        if group is not None and not group.finished:
            done = self._machine.event()
            group.when_done(lambda _: done.set())
            done.wait()

    def _write(self, items: Sequence[Sequence[Put] | _Addition | _Deletion]) -> None:
        """One transaction for all that was staged.

        Deletions come last: the staging thread waits for it, so none of its writes comes after it. Notes that a
        failed transaction held come with the next one, since the engine never writes them again.
        """
        rows = [row for item in items if not isinstance(item, _Addition | _Deletion) for row in item]
        notes = [*self._owed, *(row for row in rows if row.key.timestamp == NOTES)]
        deletions = [item for item in items if isinstance(item, _Deletion)]
        db = self._db
        db.execute("BEGIN")
        try:
            self._machine.writing()
            change = self._insert([row for row in rows if row.key.timestamp != NOTES])
            for addition in [item for item in items if isinstance(item, _Addition)]:
                addition.added = self._insert([addition.row]) == 1
                change += addition.added
            change -= sum(map(self._delete, deletions))
            self._insert(notes)
            db.execute(_COUNT, (change, self._number_of_commits + 1))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._devices = {name: number for number, name in db.execute("SELECT * FROM devices")}
            self._owed = notes
            raise
        self._owed = []
        self._count += change
        self._number_of_commits += 1
        if self._mark is not None:
            self._mark.note(self._number_of_commits)

    def _insert(self, rows: Sequence[Put]) -> int:
        number = self._number
        return self._db.executemany(
            _INSERT,
            [(number(row.device_id), _time(row.key.timestamp), row.key.message_id, row.body) for row in rows],
        ).rowcount

    def _delete(self, deletion: _Deletion) -> int:
        """Delete readings and notes; returns how many readings there were."""
        device = self._number(deletion.device_id)
        keys = [(device, _time(key.timestamp), key.message_id) for key in deletion.keys]
        self._db.executemany(_DELETE, [key for key in keys if key[1] == _NOTES_TIME])
        return self._db.executemany(_DELETE, [key for key in keys if key[1] != _NOTES_TIME]).rowcount

    def _number(self, name: str) -> int:
        device = self._devices.get(name)
        if device is None:
            device = self._db.execute("INSERT INTO devices (name) VALUES (?)", (name,)).lastrowid or 0
            self._devices[name] = device
        return device


def last_number(path: Path) -> int:
    """The number of a hot store's last commit; 0 without a file, and for one of format 1. It must be whole."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if "commits" not in {row[1] for row in db.execute("PRAGMA table_info(counted)")}:
            return 0
        return int(db.execute("SELECT coalesce(max(commits), 0) FROM counted").fetchone()[0])


def _bound(stamp: str, whole: bool, message: str) -> tuple[int, str | bytes]:
    return _time(stamp), _AFTER_ALL if whole else message


@lru_cache(maxsize=256)
def _projection(properties: tuple[str, ...] | None) -> Callable[[bytes], dict[str, Scalar]]:
    """Reads only these properties of a body (None: all): what it skips, it does not build."""
    if properties is None:
        return msgspec.json.Decoder(dict[str, Any]).decode
    selected = TypedDict("selected", dict.fromkeys(properties, Any), total=False)  # type: ignore[misc]  # keys known at run time
    return msgspec.json.Decoder[Any](selected).decode


def _time(stamp: str) -> int:
    """Milliseconds since 1970; notes, and the bound before them, come after all readings."""
    if stamp >= _NO_STAMP:
        return _NOTES_TIME if stamp == NOTES else _NOTES_TIME - 1
    if stamp == BEFORE_ALL:
        return -_NOTES_TIME
    return _second(stamp[:19]) + int(stamp[20:23])


def _stamp(time: int) -> str:
    return NOTES if time == _NOTES_TIME else from_milliseconds(time)


@lru_cache(maxsize=4096)  # stamps come in runs: the date is worked out once a second, not once a message
def _second(text: str) -> int:
    return round(to_datetime(f"{text}Z").timestamp()) * 1000
