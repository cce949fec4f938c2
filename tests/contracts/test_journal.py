"""The emulator's durable queues: what was accepted is delivered, in this process or the next; memory stays bounded."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord, KeptLetter


class Consumer:
    """Takes what is delivered; `done` says so to the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.records = journal, list[Record]()
        journal.start(self.take)

    def take(self, records: Sequence[Record]) -> None:
        self.records += records

    def bodies(self) -> list[bytes]:
        return [record.body for record in self.records]

    def finish(self, count: int) -> None:
        finished, self.records = self.records[:count], self.records[count:]
        self.journal.done(finished)


def test_what_is_not_done_comes_again_in_the_next_process(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal")
    consumer = Consumer(first)
    for number in range(3):
        first.append("q", b"%d" % number, 1).wait()
    assert consumer.bodies() == [b"0", b"1", b"2"]
    consumer.finish(1)
    first.close()
    second = Journal(tmp_path / "journal")
    assert Consumer(second).bodies() == [b"1", b"2"]
    second.close()


def test_a_group_goes_when_all_of_it_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    consumer = Consumer(journal)
    for number in range(200):
        journal.append("q", b"%d" % number, 1)
    journal.append("q", b"last", 1).wait()
    assert len(consumer.records) == 201
    consumer.finish(201)
    journal.close()
    with closing(sqlite3.connect(tmp_path / "journal")) as db:
        assert db.execute("SELECT count(*) FROM groups").fetchone() == (0,)


def test_a_backlog_waits_on_disk_and_not_in_memory(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", resident_bytes=10_000)
    consumer = Consumer(journal)
    for number in range(100):
        journal.append("q", b"%04d" % number + b"x" * 996, 1).wait()
    assert len(consumer.records) <= 12
    seen = []
    while consumer.records:
        seen += [int(body[:4]) for body in consumer.bodies()]
        assert len(consumer.records) <= 12
        consumer.finish(len(consumer.records))
    assert seen == list(range(100))
    journal.close()


def test_the_backlog_is_what_is_not_done_in_this_process_and_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    consumer = Consumer(journal)
    for number in range(3):
        journal.append("q", b"%d" % number + b"x" * 1_000, 1).wait()
    before = journal.backlog.bytes
    assert before > 3_000
    consumer.finish(1)
    assert journal.backlog.bytes == before * 2 // 3
    journal.close()
    second = Journal(tmp_path / "journal")
    assert second.backlog.bytes == before * 2 // 3
    following = Consumer(second)
    following.finish(2)
    assert second.backlog.bytes == 0
    second.close()


def buried(journal: Journal, *letters: DeadLetterRecord) -> list[KeptLetter]:
    for letter in letters:
        journal.bury(letter).wait()
    return journal.read(kept.page, 0, 100)


def test_dead_letters_are_counted_and_redriven_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    consumer = Consumer(journal)
    letters = buried(
        journal,
        *(DeadLetterRecord(queue, "q", "now", "why", 10, b"%d" % place) for place, queue in enumerate(("a", "a", "b"))),
    )
    assert journal.read(kept.counts) == {"a": 20, "b": 10}
    journal.redrive(letters[:2])
    assert consumer.bodies() == [b"0", b"1"]
    assert journal.read(kept.counts) == {"b": 10}
    assert journal.read(kept.by_number, [1, 2, 3]) == letters[2:]
    journal.forget(letters)
    assert journal.read(kept.counts) == {}
    journal.close()


def test_letters_are_read_page_by_page_and_those_of_an_outage_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    made = [DeadLetterRecord("a", "q", "now", "why", 1, b"%d" % place, place % 2 == 1) for place in range(5)]
    letters = buried(journal, *made)
    assert [each.letter for each in letters] == made
    assert journal.read(kept.page, letters[1].id, 2) == letters[2:4]
    assert journal.read(kept.oldest_waited, "a", 1) == letters[1:2]
    assert journal.read(kept.oldest_waited, "b", 1) == []
    journal.close()


def test_what_is_older_than_a_moment_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    young, old = "2026-01-15T10:30:00.000Z", "2026-01-01T10:30:00.000Z"
    buried(journal, *(DeadLetterRecord("a", "q", at, "why", 1, b"") for at in (old, young)))
    for at in (old, young):
        journal.report(b'{"timestamp":"%b"}' % at.encode()).wait()
    journal.age("2026-01-15T00:00:00.000Z")
    journal.report(b'{"timestamp":"2026-01-16"}').wait()
    assert [each.letter.at for each in journal.read(kept.page, 0, 9)] == [young]
    assert [body for _, body in journal.read(kept.oldest_errors, 9)] == [
        b'{"timestamp":"%b"}' % young.encode(),
        b'{"timestamp":"2026-01-16"}',
    ]
    journal.close()


def test_error_events_are_handed_over_once_whoever_reported_them_and_whatever_ends(tmp_path: Path) -> None:
    """The readers' process reports into the same file; the cloud's own hands over."""
    readers, journal = Journal(tmp_path / "journal"), Journal(tmp_path / "journal")
    for number in range(5):
        (readers if number % 2 else journal).report(b"%d" % number).wait()
    assert journal.hand_over_errors("reporter", 3) == 3
    assert journal.read(kept.error_count) == 2
    for each in (readers, journal):
        each.close()
    after: list[Record] = []
    journal = Journal(tmp_path / "journal")
    journal.start(after.extend)
    assert journal.hand_over_errors("reporter", 3) == 2
    assert journal.hand_over_errors("reporter", 3) == 0
    assert [(each.queue, each.body) for each in after] == [("reporter", b"%d" % number) for number in range(5)]
    journal.close()


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal")) as db:
        db.executescript(
            "CREATE TABLE groups (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
            "CREATE TABLE dead_letters (id INTEGER PRIMARY KEY, letters TEXT NOT NULL, queue TEXT NOT NULL,"
            "at TEXT NOT NULL, error TEXT NOT NULL, messages INTEGER NOT NULL, body BLOB NOT NULL);"
            "INSERT INTO dead_letters VALUES (1, 'a', 'q', 'now', 'why', 1, x'00');"
        )
        db.execute("INSERT INTO groups VALUES (1, ?)", (msgspec.msgpack.encode([("q", b"0", 1)]),))
        db.commit()
    journal = Journal(tmp_path / "journal")
    (record,) = Consumer(journal).records
    assert time.time() - record.since < 60, "its age begins now"
    assert journal.read(kept.counts) == {"a": 1}
    journal.close()


def test_error_events_are_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.report(b"{}").wait()
    assert journal.read(kept.error_count) == 1
    journal.close()
