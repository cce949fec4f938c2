"""What only the emulator's hot store has to keep right: its counts and memories, over threads, errors and restarts."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.emulated import emulated_hot_store
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.ports.hot_store import RangeQuery

ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def stamp(second: int) -> str:
    return from_milliseconds(1_768_471_200_000 + 1_000 * second)


def reading(second: int, **values) -> dict:
    return {"device_id": "d", "timestamp": stamp(second), "message_id": "m", **(values or {"t": second})}


def test_a_range_of_several_parts_goes_whole_and_a_restart_counts_the_same(tmp_path: Path) -> None:
    with emulated_hot_store(tmp_path) as rig:
        rig.store.write([reading(second) for second in range(12_345)])
        assert rig.store.delete_range("d", stamp(-1), stamp(12_299)) == 12_300
        assert rig.store.count() == 45
    with emulated_hot_store(tmp_path) as rig:
        assert rig.store.count() == 45
        assert rig.store.last("d", ("t",)) == {"t": (stamp(12_344), 12_344)}
        assert rig.store.delete_range("d", *ALWAYS) == 45
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
                counts.append(rig.store.count())

        other = threading.Thread(target=write_meanwhile)
        other.start()
        assert rig.store.delete_range("d", stamp(-1), stamp(50_000)) == 50_000
        other.join()
        assert rig.store.count() == 20
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
                rig.store.delete_range("d", ALWAYS[0], stamp(durable - 3))

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
        assert rig.store.count() == len(rig.store.range(asked))
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
                rig.store.delete_range("d", *ALWAYS)
            assert rig.store.count() == 3
            assert rig.store.last("d", ("t",)) == {"t": (stamp(2), 2)}
            disk.execute("DROP TRIGGER bad")
        assert rig.store.delete_range("d", *ALWAYS) == 3
        assert rig.store.count() == 0
