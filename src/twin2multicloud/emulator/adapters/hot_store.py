"""The emulator's hot store: SQLite in WAL mode, group commit, rows by device, time and message id.

A plain rowid table: WITHOUT ROWID costs a factor of three at insert. Times are integers (ms) and devices are numbered,
so that the one index stays small.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.telemetry import Telemetry, values_of
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.group_commit import GroupCommit
from twin2multicloud.ports.hot_store import RangeQuery, Row, RowKey

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS devices (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS readings (device INTEGER NOT NULL, time INTEGER NOT NULL, message TEXT NOT NULL,
                                     body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_time ON readings (device, time, message);
CREATE TABLE IF NOT EXISTS properties (device INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (device, name))
"""
_DELETE = """
DELETE FROM readings WHERE rowid IN
    (SELECT rowid FROM readings WHERE device = ? AND time > ? AND time <= ? ORDER BY time LIMIT ?)
"""
_DELETED_AT_ONCE = 5_000  # some ten milliseconds, in which writes wait
_Latest = dict[str, tuple[int, str, Scalar]]
_StoredRow = tuple[int, int, str, bytes, Telemetry]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _Deletion(msgspec.Struct, eq=False):
    """A part of a range to delete, staged as writes are: it finds what was staged before it. Milliseconds."""

    device_id: str
    start: int
    end: int
    device: int = 0
    deleted: int = 0


class SqliteHotStore:
    """A `HotStore` in one file. A write is staged; the host answers when it is durable (see `durability`)."""

    def __init__(self, path: Path, staged: Staged) -> None:
        self._path, self._staged = path, staged
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._devices: dict[str, int] = {name: number for number, name in self._db.execute("SELECT * FROM devices")}
        self._properties: set[tuple[int, str]] = set(self._db.execute("SELECT * FROM properties"))
        self._count: int = self._db.execute("SELECT count(*) FROM readings").fetchone()[0]
        self._latest: dict[int, _Latest] = {}
        self._latest_lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._commits = GroupCommit[Sequence[Telemetry] | _Deletion](self._write, "hot-store")

    def write(self, readings: Sequence[Telemetry]) -> None:
        """See `ports.hot_store.HotStore.write`."""
        self._staged.add(self._commits.stage(readings))

    def range(self, query: RangeQuery) -> Sequence[Row]:
        """See `ports.hot_store.HotStore.range`."""
        device = self._devices.get(query.device_id)
        if device is None:
            return []
        select = _projection(query.properties)
        sql, arguments = _range_sql(query, device)
        rows: list[Row] = []
        for time, message, body in self._reader().execute(sql, arguments):
            found = select(body)
            if found:
                rows.append(Row(RowKey(from_milliseconds(time), message), found))
                if len(rows) == query.limit:
                    break
        return rows

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        """See `ports.hot_store.HotStore.last`."""
        device = self._devices.get(device_id)
        if device is None:
            return {}
        latest = self._latest_of(device)
        return {
            name: (from_milliseconds(found[0]), found[2])
            for name in properties
            if (found := latest.get(name)) is not None
        }

    def delete_range(self, device_id: str, start: str, end: str) -> int:
        """See `ports.hot_store.HotStore.delete_range`. Part by part, so that no write waits for a large range."""
        deleted = 0
        while True:
            part = _Deletion(device_id, _milliseconds(start), _milliseconds(end))
            try:
                self._commits.stage(part).wait()
            except Exception as error:  # whatever it was that the disk, or a write of the same group, ran into
                raise RetryableError(f"the disk did not take it: {error}") from error
            deleted += part.deleted
            if part.deleted < _DELETED_AT_ONCE:
                return deleted

    def count(self) -> int:
        """How many readings there are; counted as they are written, because SQLite would have to look at each."""
        return self._count

    def close(self) -> None:
        """Write what is staged and close the file."""
        self._commits.close()
        for db in (*self._readers, self._db):
            db.close()

    def _write(self, items: Sequence[Sequence[Telemetry] | _Deletion]) -> None:
        """One transaction for all that was staged. Deletions come last: whoever staged one waits for it, so no write
        of that thread comes after it.
        """
        db = self._db
        deletions = [item for item in items if isinstance(item, _Deletion)]
        db.execute("BEGIN")
        new: list[tuple[int, str]] = []
        try:
            rows = [self._row(each, new) for batch in items if not isinstance(batch, _Deletion) for each in batch]
            inserted = db.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?)", [row[:4] for row in rows])
            db.executemany("INSERT OR IGNORE INTO properties VALUES (?, ?)", new)
            for part in deletions:
                self._delete(part)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._devices = {name: number for number, name in db.execute("SELECT * FROM devices")}
            self._properties.difference_update(new)
            raise
        self._count += inserted.rowcount - sum(part.deleted for part in deletions)
        self._remember(rows)
        for part in deletions:
            self._forget(part)

    def _delete(self, part: _Deletion) -> None:
        part.device = self._devices.get(part.device_id, 0)  # no device has it
        arguments = (part.device, part.start, part.end, _DELETED_AT_ONCE)
        part.deleted = self._db.execute(_DELETE, arguments).rowcount

    def _row(self, reading: Telemetry, new: list[tuple[int, str]]) -> _StoredRow:
        name = str(reading["device_id"])
        device = self._devices.get(name)
        if device is None:
            device = self._db.execute("INSERT INTO devices (name) VALUES (?)", (name,)).lastrowid or 0
            self._devices[name] = device
        values = values_of(reading)
        for each in values:
            if (device, each) not in self._properties:
                self._properties.add((device, each))
                new.append((device, each))
        return device, _milliseconds(str(reading["timestamp"])), str(reading["message_id"]), _encode(values), values

    def _remember(self, rows: Sequence[_StoredRow]) -> None:
        """Keep the latest values of those devices that were asked for before."""
        with self._latest_lock:
            for device, time, message, _, values in rows:
                latest = self._latest.get(device)
                if latest is not None:
                    _update(latest, time, message, values)

    def _forget(self, part: _Deletion) -> None:
        """Where a latest value went with the range, the device is read back when it is next asked for."""
        with self._latest_lock:
            latest = self._latest.get(part.device, {})
            if any(part.start < time <= part.end for time, *_ in latest.values()):
                self._latest.pop(part.device)

    def _latest_of(self, device: int) -> _Latest:
        with self._latest_lock:
            latest = self._latest.get(device)
            if latest is None:
                latest = self._latest[device] = self._scan_latest(device)
            return dict(latest)

    def _scan_latest(self, device: int) -> _Latest:
        """Read back from the newest row until every property that the device ever had is found."""
        db = self._reader()
        missing = {name for (name,) in db.execute("SELECT name FROM properties WHERE device = ?", (device,))}
        latest: _Latest = {}
        rows = db.execute(
            "SELECT time, message, body FROM readings WHERE device = ? ORDER BY time DESC, message DESC", (device,)
        )
        for time, message, body in rows:
            for name, value in _decode(body).items():
                if name in missing:
                    latest[name] = (time, message, value)
                    missing.discard(name)
            if not missing:
                break
        return latest

    def _reader(self) -> sqlite3.Connection:
        """A connection for this thread: in WAL mode readers do not wait for the writer."""
        db: sqlite3.Connection | None = self._local.__dict__.get("db")
        if db is None:
            db = self._local.db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA mmap_size=1073741824")
            self._readers.append(db)
        return db


def _update(latest: _Latest, time: int, message: str, values: Telemetry) -> None:
    for name, value in values.items():
        known = latest.get(name)
        if known is None or (time, message) >= known[:2]:
            latest[name] = (time, message, value)


def _range_sql(query: RangeQuery, device: int) -> tuple[str, tuple[Any, ...]]:
    arguments: list[Any] = [device, _milliseconds(query.start), _milliseconds(query.end)]
    condition = ""
    order, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
    if query.after is not None:
        condition = f"AND (time, message) {beyond} (?, ?)"
        arguments += [_milliseconds(query.after.timestamp), query.after.message_id]
    sql = (
        f"SELECT time, message, body FROM readings WHERE device = ? AND time > ? AND time <= ? {condition} "  # noqa: S608 - only our own words
        f"ORDER BY time {order}, message {order}"
    )
    return sql, tuple(arguments)


@lru_cache(maxsize=256)
def _projection(properties: tuple[str, ...]) -> Callable[[bytes], dict[str, Scalar]]:
    """Reads only these properties of a body: what it skips, it does not build."""
    if any(_encode(name) != f'"{name}"'.encode() for name in properties):  # msgspec wants names that need no escape
        return lambda body: {name: value for name, value in _decode(body).items() if name in properties}
    names = {f"p{index}": name for index, name in enumerate(properties)}
    struct = msgspec.defstruct(
        "Projection",
        [(field, Any, msgspec.field(default=msgspec.UNSET, name=name)) for field, name in names.items()],
        gc=False,
    )
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(struct).decode
    if len(properties) == 1:
        (name,) = properties
        unset = msgspec.UNSET

        def select_one(body: bytes) -> dict[str, Scalar]:
            value = decode(body).p0
            return {} if value is unset else {name: value}

        return select_one

    def select(body: bytes) -> dict[str, Scalar]:
        values = decode(body)
        return {name: value for field, name in names.items() if (value := getattr(values, field)) is not msgspec.UNSET}

    return select


def _milliseconds(stamp: str) -> int:
    if stamp.startswith("0001-01-01"):
        return -(1 << 62)  # before everything
    return round(to_datetime(stamp).timestamp() * 1000)
