"""Reads what can be read of a damaged SQLite file into a new one. The damaged file is only read.

Damage is where pages are: rows are read in the order of their numbers, and where a page does not answer, the next
number that does is looked for.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from twin2multicloud.emulator.delivery.file_check import page_size

_HIGHEST = 2**62
_LOGS = ("-wal", "-shm")


def salvage(damaged: Path, into: Path, tables: Sequence[str]) -> dict[str, int]:
    """Copy the readable rows of tables into a file that has these tables; how many of each. Raises sqlite3.Error.

    Columns that one of the two does not have are left out, and so are rows that break a rule of the new file.
    """
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".salvage-") as folder:
        copy = _copied(damaged, Path(folder))
        with (
            closing(sqlite3.connect(copy, isolation_level=None)) as source,
            closing(sqlite3.connect(into, isolation_level=None)) as target,
        ):
            target.execute("BEGIN")
            kept = {table: _copy_rows(source, target, table) for table in tables}
            target.execute("COMMIT")
    return kept


def files_of(database: Path) -> list[Path]:
    """A database's file and those of its log that are there."""
    return [path for path in (database, *(Path(f"{database}{end}") for end in _LOGS)) if path.exists()]


def _copied(damaged: Path, folder: Path) -> Path:
    """A copy to read from: as long as its header says, since SQLite opens no file that is shorter."""
    for path in files_of(damaged):
        shutil.copyfile(path, folder / path.name)
    copy = folder / damaged.name
    with copy.open("r+b") as file:
        header = file.read(100)
        pages, size = int.from_bytes(header[28:32], "big"), page_size(header)
        if len(header) == 100 and copy.stat().st_size < pages * size:
            file.truncate(pages * size)
    return copy


def _copy_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    there = _columns(source, table)
    columns = [name for name in _columns(target, table) if name in there]
    if not columns:
        return 0
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - names of a schema
    count = 0
    for row in _rows(source, table, names):
        with suppress(sqlite3.IntegrityError):
            target.execute(insert, row)
            count += 1
    return count


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    except sqlite3.DatabaseError:  # not even its first page can be read
        return []


def _rows(db: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    query = f"SELECT rowid, {columns} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"  # noqa: S608 - names of a schema
    last = -1
    while True:
        try:
            for number, *row in db.execute(query, (last,)):
                last = number
                yield tuple(row)
            return
        except sqlite3.DatabaseError:
            after = _next_that_answers(db, query, last)
            if after is None:
                return
            last = after


def _next_that_answers(db: sqlite3.Connection, query: str, last: int) -> int | None:
    """The lowest number after which rows can be read again; None where there is none."""

    def answers(number: int) -> bool:
        try:
            return db.execute(query + " LIMIT 1", (number,)).fetchone() is not None
        except sqlite3.DatabaseError:
            return False

    step = 1
    while not answers(last + step):
        step *= 2
        if step > _HIGHEST:
            return None
    low, high = step // 2, step  # low does not answer, high does
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if answers(last + middle) else (middle, high)
    return last + high
