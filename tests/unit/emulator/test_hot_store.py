"""What only the emulator's hot store has to keep right: its counts and memories, over threads, errors and restarts."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.emulated import emulated_hot_store
from tests.rigs.hot_store import delete_between
from tests.rigs.readings import reading as rig_reading
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.ports.hot_store import RangeQuery

ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def stamp(second: int) -> str:
    return from_milliseconds(1_768_471_200_000 + 1_000 * second)


def reading(second: int, **values) -> Reading:
    return rig_reading({"device_id": "d", "timestamp": stamp(second), "message_id": "m", **(values or {"t": second})})


def test_a_range_of_several_parts_goes_whole_and_a_restart_counts_the_same(tmp_path: Path) -> None:
    with emulated_hot_store(tmp_path) as rig:
        rig.store.write([reading(second) for second in range(12_345)])
        assert delete_between(rig.store, "d", stamp(-1), stamp(12_299)) == 12_300
        assert rig.table.count() == 45
    with emulated_hot_store(tmp_path) as rig:
        assert rig.table.count() == 45
        assert rig.store.last("d", ("t",)) == {"t": (stamp(12_344), 12_344)}
        assert delete_between(rig.store, "d", *ALWAYS) == 45
        assert rig.store.last("d", ("t",)) == {}


def test_writes_get_in_between_the_parts_of_a_large_range(tmp_path: Path) -> None:
    """They would wait for the last part otherwise; here one is durable while the range is still being deleted."""
    with emulated_hot_store(tmp_path) as rig:
        rig.store.write([reading(second) for second in range(50_000)])
        rig.settle()
        counts: list[int] = []

        def write_meanwhile() -> None:
            for second in range(20):
                rig.store.write([reading(60_000 + second)])
                rig.settle()
                counts.append(rig.table.count())

        other = threading.Thread(target=write_meanwhile)
        other.start()
        assert delete_between(rig.store, "d", stamp(-1), stamp(50_000)) == 50_000
        other.join()
        assert rig.table.count() == 20
        assert any(20 < count < 50_000 for count in counts), counts


def test_last_never_goes_back_while_older_readings_are_deleted(tmp_path: Path) -> None:
    """Writer, mover and reader at once: what was durable before the question is at least what is answered."""
    with emulated_hot_store(tmp_path) as rig:
        durable, finished = -1, threading.Event()

        def write() -> None:
            nonlocal durable
            for second in range(100):
                rig.store.write([reading(second, t=second, **{f"p{second % 7}": second})])
                rig.settle()
                durable = second
            finished.set()

        def delete() -> None:
            while not finished.is_set():
                delete_between(rig.store, "d", ALWAYS[0], stamp(durable - 3))

        threads = [threading.Thread(target=each) for each in (write, delete)]
        for thread in threads:
            thread.start()
        answers = 0
        while not finished.is_set():
            before = durable
            found = rig.store.last("d", ("t", "p0")).get("t")
            assert before < 0 or (found is not None and int(found[1]) >= before), (before, found)
            answers += 1
        for thread in threads:
            thread.join()
        assert answers
        asked = RangeQuery(device_id="d", start=ALWAYS[0], end=ALWAYS[1], properties=("t",), limit=1_000)
        assert rig.table.count() == len(rig.store.range(asked))
        newest = {f"p{second % 7}": (stamp(second), second) for second in range(100)}
        present = {row.values["t"] for row in rig.store.range(asked)}
        assert rig.store.last("d", tuple(newest)) == {
            name: (at, second) for name, (at, second) in newest.items() if second in present
        }


def test_what_the_disk_did_not_take_is_to_be_tried_again(tmp_path: Path) -> None:
    with emulated_hot_store(tmp_path) as rig:
        rig.store.write([reading(second) for second in range(3)])
        rig.settle()
        with closing(sqlite3.connect(tmp_path / "hot.sqlite", isolation_level=None)) as disk:
            disk.execute("CREATE TRIGGER bad BEFORE DELETE ON readings BEGIN SELECT RAISE(ABORT, 'bad sector'); END")
            with pytest.raises(RetryableError, match="bad sector"):
                delete_between(rig.store, "d", *ALWAYS)
            assert rig.table.count() == 3
            assert rig.store.last("d", ("t",)) == {"t": (stamp(2), 2)}
            disk.execute("DROP TRIGGER bad")
        assert delete_between(rig.store, "d", *ALWAYS) == 3
        assert rig.table.count() == 0


def test_what_a_failed_write_was_the_first_to_measure_is_found_when_it_is_written_again(tmp_path: Path) -> None:
    """The engine notes a property once; the note must not be lost with the write that carried it."""
    with emulated_hot_store(tmp_path) as rig:
        with closing(sqlite3.connect(tmp_path / "hot.sqlite", isolation_level=None)) as disk:
            disk.execute("CREATE TRIGGER bad BEFORE INSERT ON readings BEGIN SELECT RAISE(ABORT, 'bad sector'); END")
            rig.store.write([reading(0, rare=1)])
            with pytest.raises(sqlite3.Error, match="bad sector"):
                rig.settle()
            disk.execute("DROP TRIGGER bad")
        rig.store.write([reading(0, rare=1), *(reading(second) for second in range(1, 100))])
        rig.settle()
        assert rig.store.last("d", ("rare",)) == {"rare": (stamp(0), 1)}
        assert rig.table.count() == 100


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hot.sqlite")) as older:
        older.execute("CREATE TABLE readings (device INTEGER)")
    with (
        pytest.raises(ConfigurationError, match=r"hot\.sqlite was written by another version"),
        emulated_hot_store(tmp_path),
    ):
        pass


def test_a_row_that_is_there_is_counted_once(tmp_path: Path) -> None:
    with emulated_hot_store(tmp_path) as rig:
        for _ in range(2):
            rig.store.write([reading(0), reading(0), reading(1)])
            rig.settle()
        assert rig.table.count() == 2
