"""Damaged files of an emulated cloud: noticed before anything is delivered or answered, and said in one sentence."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.adapters.hot_store import SqliteTable
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.ports.hot_store import RowKey
from twin2multicloud.stores.rows import Put


def journal_in(folder: Path) -> Journal:
    (folder / "aws").mkdir(exist_ok=True)
    return Journal(folder / "aws" / "journal.sqlite", mark=DurableMark(folder / "marks" / "aws-journal"))


def table_in(folder: Path) -> SqliteTable:
    (folder / "aws").mkdir(exist_ok=True)
    return SqliteTable(folder / "aws" / "hot.sqlite", Staged(), DurableMark(folder / "marks" / "aws-hot"))


def killed(folder: Path) -> Path:
    """What a kill leaves of a journal with 40 groups: the file, and a log with all of them."""
    alive = folder / "alive"
    alive.mkdir()
    journal = journal_in(alive)
    for number in range(40):
        journal.append("q", b"%d" % number * 400, 1).wait()
    left = shutil.copytree(alive, folder / "left")
    journal.close()
    assert (left / "aws" / "journal.sqlite-wal").stat().st_size > 100_000
    return left


def rows(first: int, count: int) -> list[Put]:
    keys = [RowKey(f"2026-01-15T10:00:{second:02}.000Z", "m") for second in range(first, first + count)]
    return [Put("d1", key, {"n": 1}, b'{"n":1}') for key in keys]


def flip(file: Path, at: int) -> None:
    body = bytearray(file.read_bytes())
    body[at] ^= 0xFF
    file.write_bytes(body)


def cut(file: Path, size: int) -> None:
    file.write_bytes(file.read_bytes()[:-size])


LOG = "journal.sqlite-wal"
LOSSES: dict[str, Callable[[Path], object]] = {
    "no log": lambda cloud: (cloud / LOG).unlink(),
    "an empty log": lambda cloud: (cloud / LOG).write_bytes(b""),
    "a cut log": lambda cloud: cut(cloud / LOG, 100_000),
    "a byte of the log": lambda cloud: flip(cloud / LOG, (cloud / LOG).stat().st_size // 2),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_what_is_missing_between_two_runs_is_said(tmp_path: Path, loss: Callable[[Path], object]) -> None:
    left = killed(tmp_path)
    loss(left / "aws")
    with pytest.raises(ConfigurationError, match=r"lacks the last [\d]+ of 40 commits.*--accept-loss"):
        journal_in(left)
    (left / "marks" / "aws-journal").unlink()
    journal_in(left).close()


def test_a_kill_loses_nothing_and_says_nothing(tmp_path: Path) -> None:
    journal = journal_in(killed(tmp_path))
    found: list[Record] = []
    journal.start(found.extend)
    assert len(found) == 40
    journal.close()


def test_a_number_is_not_given_again_when_all_is_done(tmp_path: Path) -> None:
    for _ in range(3):
        journal = journal_in(tmp_path)
        found: list[Record] = []
        journal.start(found.extend)
        journal.append("q", b"1", 1).wait()
        journal.done(found)
        journal.close()
    assert DurableMark(tmp_path / "marks" / "aws-journal").number == 6


def test_a_dead_letter_that_is_missing_is_noticed(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.bury(DeadLetterRecord("a", "q", "now", "why", 1, b"")).wait()
    left = shutil.copytree(tmp_path, tmp_path.parent / "left")
    journal.close()
    (left / "aws" / LOG).unlink()
    with pytest.raises(ConfigurationError, match="lacks the last 1 of 1 commits"):
        journal_in(left)


def test_no_log_stays_after_a_close(tmp_path: Path) -> None:
    journal, table = journal_in(tmp_path), table_in(tmp_path)
    journal.append("q", b"1", 1).wait()
    table.put(rows(0, 2))
    journal.close()
    table.close()
    assert sorted(path.name for path in (tmp_path / "aws").iterdir()) == ["hot.sqlite", "journal.sqlite"]


@pytest.mark.parametrize("open_it", [journal_in, table_in])
@pytest.mark.parametrize("size", [1_000, 16 * 1024])
def test_a_cut_file_is_refused_with_a_sentence(
    tmp_path: Path, open_it: Callable[[Path], Journal | SqliteTable], size: int
) -> None:
    opened = open_it(tmp_path)
    if isinstance(opened, Journal):
        for number in range(20):
            opened.append("q", b"%d" % number * 2_000, 1).wait()
    else:
        opened.put([Put("d1", RowKey("2026-01-15T10:00:00.000Z", f"m{n}"), {}, b"x" * 900) for n in range(90)])
    opened.close()
    (file,) = (tmp_path / "aws").glob("*.sqlite")
    cut(file, size)
    with pytest.raises(ConfigurationError, match=rf"{file.name} (is cut|is damaged|cannot be read).*t2mc doctor"):
        open_it(tmp_path)


def test_a_file_that_a_full_disk_cut_in_a_checkpoint_is_whole_with_its_log(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    for number in range(20):
        journal.append("q", b"%d" % number * 2_000, 1).wait()
    left = shutil.copytree(tmp_path, tmp_path.parent / "left-full")
    journal.close()
    with (left / "aws" / "journal.sqlite").open("ab") as file:
        file.write(bytes(12 * 1024))  # of a page of 16 KB; the log still has every page
    again, delivered = journal_in(left), list[Record]()
    again.start(delivered.extend)
    assert len(delivered) == 20
    again.close()


def test_a_folder_or_a_text_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "aws" / "journal.sqlite"
    journal.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="is not a file"):
        journal_in(tmp_path)
    journal.rmdir()
    journal.write_text("a note of mine\n")
    with pytest.raises(ConfigurationError, match="is not a database"):
        journal_in(tmp_path)


def test_a_group_that_is_not_as_it_was_written_is_set_aside_and_the_others_come(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    for number in range(3):
        journal.append("q", b"%d" % number, 1).wait()
    journal.close()
    file = tmp_path / "aws" / "journal.sqlite"
    with closing(sqlite3.connect(file)) as db:
        (body,) = db.execute("SELECT body FROM groups WHERE id = 2").fetchone()
        broken = body[:-2] + b"x" + body[-1:]
        db.execute("UPDATE groups SET body = ? WHERE id = 2", (broken,))
        db.commit()
    again = journal_in(tmp_path)
    found: list[Record] = []
    again.start(found.extend)
    assert [record.body for record in found] == [b"0", b"2"]
    assert again.set_aside == 1
    assert (tmp_path / "aws" / "set-aside" / "group-2").read_bytes() == broken
    again.append("q", b"3", 1).wait()
    again.close()
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT id FROM groups WHERE id = 2").fetchall() == []


def test_a_hot_store_that_is_behind_is_noticed_and_format_1_is_taken_over(tmp_path: Path) -> None:
    table = table_in(tmp_path)
    table.put(rows(0, 3))
    table.close()
    old = (tmp_path / "aws" / "hot.sqlite").read_bytes()
    table = table_in(tmp_path)
    table.put(rows(10, 3))
    table.close()
    (tmp_path / "aws" / "hot.sqlite").write_bytes(old)
    with pytest.raises(ConfigurationError, match=r"hot.sqlite lacks the last 1 of 2 commits"):
        table_in(tmp_path)
    with closing(sqlite3.connect(tmp_path / "aws" / "hot.sqlite")) as db:
        db.executescript("ALTER TABLE counted DROP COLUMN commits; PRAGMA user_version=1")
    (tmp_path / "marks" / "aws-hot").unlink()
    again = table_in(tmp_path)
    assert again.count() == 3
    again.put(rows(20, 1))
    again.close()
    assert DurableMark(tmp_path / "marks" / "aws-hot").number == 1


def test_a_mark_that_is_damaged_or_behind_says_nothing(tmp_path: Path) -> None:
    mark = DurableMark(tmp_path / "mark")
    assert mark.number is None
    mark.note(7)
    mark.require(7, tmp_path)
    mark.require(8, tmp_path)
    mark.close()
    flip(tmp_path / "mark", 3)
    assert mark.number is None
    mark.require(0, tmp_path)


def test_letters_are_read_from_the_file_of_a_closed_journal(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.bury(DeadLetterRecord("a", "q", "now", "why", 3, b"")).wait()
    journal.close()
    again = journal_in(tmp_path)
    assert again.read(kept.counts) == {"a": 3}
    again.close()
