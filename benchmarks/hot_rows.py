"""The emulator's SQLite file as benchmarks look into it from outside: the one place that knows its tables."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from twin2multicloud.emulator.adapters.hot_store import SqliteTable, _time
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.stores.rows import NOTES


def counter(file: Path) -> Callable[[], int]:
    """A function that tells how many readings there are: its own count, as counting rows would cost it."""
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    return lambda: db.execute("SELECT readings FROM counted").fetchone()[0]


def finder(file: Path, device: str) -> Callable[[int], bool]:
    """A function that tells whether a device's reading of a time, in ms, is there."""
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    sql = "SELECT 1 FROM readings JOIN devices ON id = device WHERE name = ? AND time = ?"
    return lambda time: db.execute(sql, (device, time)).fetchone() is not None


def fill(file: Path, devices: int, points: int, first: int) -> None:
    """Temperatures of devices `g-001` …, a second apart from `first` (ms), as they would come: all devices at one time,
    then all at the next. Written without waiting for the disk.
    """
    SqliteTable(file, Staged()).close()  # makes the tables
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.executemany("INSERT INTO devices VALUES (?, ?)", [(n, f"g-{n:03}") for n in range(1, devices + 1)])
    notes = [(device, _time(NOTES)) for device in range(1, devices + 1)]
    db.executemany("INSERT INTO readings VALUES (?, ?, 'temperature', '{}')", notes)
    for start in range(0, points, 100):
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO readings VALUES (?, ?, ?, ?)",
            (
                (device, first + 1000 * point, f"{device:08x}{point:08x}", b'{"temperature":%d.25}' % (point % 50))
                for point in range(start, min(start + 100, points))
                for device in range(1, devices + 1)
            ),
        )  # fmt: skip
        db.execute("COMMIT")
    db.execute("UPDATE counted SET readings = ?", (devices * points,))
    db.close()
