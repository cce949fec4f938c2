"""The emulator's durable queues: what was accepted is delivered, in this process or the next; memory stays bounded."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twin2multicloud.emulator.delivery.journal import DeadLetterRecord, Journal, Record


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


def test_dead_letters_are_counted_and_redriven_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    consumer = Consumer(journal)
    for number, letters in enumerate(("a", "a", "b")):
        journal.bury(DeadLetterRecord(letters, "q", "now", "why", 10, b"%d" % number)).wait()
    assert journal.dead_letters() == {"a": 20, "b": 10}
    assert journal.redrive("a") == 20
    assert consumer.bodies() == [b"0", b"1"]
    assert journal.dead_letters() == {"b": 10}
    assert journal.redrive() == 10
    assert journal.redrive() == 0
    journal.close()


def test_error_events_are_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.report(b"{}").wait()
    assert journal.errors() == 1
    journal.close()
