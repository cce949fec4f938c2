"""Whether a SQLite file is whole: its size, its pages. Repairs nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError

_LOOKED_AT_EACH_START = 64 * 1024 * 1024  # bytes: up to here it takes a fraction of a second
_HEADER = b"SQLite format 3\0"


def fault_of(path: Path, *, whole: bool = False) -> str | None:
    """What is wrong with a file, as the end of a sentence; None where nothing is, or where there is no file.

    `whole`: look at every page, however large it is.
    """
    if not path.exists():
        return None
    if not path.is_file():
        return "is not a file"
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(100)
    if header and not header.startswith(_HEADER):
        return "is not a database"
    if header and size % page_size(header) and not _has_log(path):  # else a checkpoint ended there: the log has it all
        return f"is cut in the middle of a page, at {size:,} bytes"
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if whole or size <= _LOOKED_AT_EACH_START:
                (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
                return None if found == "ok" else f"is damaged ({found.splitlines()[-1]})"
    except sqlite3.DatabaseError as error:
        return f"cannot be read ({error})"
    return None


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def require_whole(path: Path) -> None:
    """Raises ConfigurationError for a damaged file, in a sentence."""
    if fault := fault_of(path):
        raise ConfigurationError(
            f"{path} {fault}; `t2mc doctor` says what of it can be read, and `t2mc doctor --repair` keeps that"
        )


def page_size(header: bytes) -> int:
    """Bytes of a page, see https://www.sqlite.org/fileformat.html#page_size."""
    size = int.from_bytes(header[16:18], "big")
    return 65_536 if size == 1 else size or 4_096
