"""The doctor: finds each damage, says what is lost, keeps what can be read, and sets the rest aside with its bytes."""

from pathlib import Path

import pytest

from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.adapters.hot_store import SqliteTable
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.emulator.host.deployment import LocalDeployment, prepare
from twin2multicloud.operations.doctor import examine, repair
from twin2multicloud.ports.hot_store import RowKey
from twin2multicloud.project.loader import Project
from twin2multicloud.stores.rows import Put


@pytest.fixture
def deployment(tmp_path: Path) -> LocalDeployment:
    """A twin that was up: 40 groups wait, a letter is kept, 200 readings are stored."""
    made = prepare(Project(folder=tmp_path, twin=twin(Placement.single(AWS)), notes=(), processors={}))
    made.state.process(AWS).mkdir()
    journal = journal_of(made)
    for number in range(40):
        journal.append("q", b"%02d" % number * 4_000, 1).wait()
    journal.bury(DeadLetterRecord("a", "q", "now", "why", 1, b"letter")).wait()
    journal.close()
    table = SqliteTable(made.state.process(AWS) / "hot.sqlite", Staged(), DurableMark(made.state.mark(AWS, "hot")))
    for number in range(200):
        key = RowKey("2026-01-15T10:00:00.000Z", f"m{number:03}")
        table.put([Put("d1", key, {}, b'"%s"' % (b"x" * 400))])
    table.close()
    return made


def journal_of(deployment: LocalDeployment) -> Journal:
    folder = deployment.state.process(AWS)
    return Journal(folder / "journal.sqlite", mark=DurableMark(deployment.state.mark(AWS, "journal")))


def delivered(deployment: LocalDeployment) -> list[Record]:
    journal = journal_of(deployment)
    found: list[Record] = []
    journal.start(found.extend)
    journal.close()
    return found


def test_files_as_they_were_written_have_no_fault(deployment: LocalDeployment) -> None:
    assert examine(deployment) == []
    assert repair(deployment) == []
    assert len(delivered(deployment)) == 40


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_of_a_cut_journal_what_can_be_read_is_delivered(deployment: LocalDeployment, size: int) -> None:
    file = deployment.state.process(AWS) / "journal.sqlite"
    damaged = file.read_bytes()[:-size]
    file.write_bytes(damaged)
    (fault,) = examine(deployment)
    assert fault.file == file
    assert "has what could be read" in repair(deployment)[0]
    assert examine(deployment) == []
    (aside,) = file.parent.glob("set-aside/*/journal.sqlite")
    assert aside.read_bytes() == damaged
    records = delivered(deployment)
    assert 20 < len(records) < 41
    for record in records:
        assert record.body == record.body[:2] * 4_000, "nothing is delivered that was not written"


def test_of_a_hot_store_with_a_page_of_nothing_the_rest_is_kept(deployment: LocalDeployment) -> None:
    file = deployment.state.process(AWS) / "hot.sqlite"
    body = bytearray(file.read_bytes())
    middle = len(body) // 2 // 4096 * 4096
    body[middle : middle + 4096] = bytes(4096)
    file.write_bytes(body)
    (fault,) = examine(deployment)
    assert "is damaged" in fault.found
    repair(deployment)
    assert examine(deployment) == []
    table = SqliteTable(file, Staged())
    assert 150 < table.count() <= 200
    table.close()


def test_what_is_missing_is_said_and_accepted(deployment: LocalDeployment) -> None:
    (deployment.state.process(AWS) / "journal.sqlite").unlink()
    (fault,) = examine(deployment)
    assert "lacks the last 41 of 41 commits" in fault.found
    assert repair(deployment) == [f"{fault.file} counts as complete from now on"]
    assert examine(deployment) == []
    assert delivered(deployment) == []


def test_letters_survive_a_repair(deployment: LocalDeployment) -> None:
    file = deployment.state.process(AWS) / "journal.sqlite"
    with file.open("ab") as end:
        end.write(b"x" * 100)
    repair(deployment)
    journal = journal_of(deployment)
    assert journal.read(kept.counts) == {"a": 1}
    journal.close()


def test_what_is_no_database_is_set_aside_whole(deployment: LocalDeployment) -> None:
    file = deployment.state.process(AWS) / "journal.sqlite"
    file.write_text("a note of mine")
    repair(deployment)
    (aside,) = file.parent.glob("set-aside/*/journal.sqlite")
    assert aside.read_text() == "a note of mine"
    assert delivered(deployment) == []


def test_small_files_are_checked_too(deployment: LocalDeployment) -> None:
    deployment.state.clock.write_text("{")
    deployment.state.process_id(AWS).write_text("-1")
    assert {fault.file for fault in examine(deployment)} == {deployment.state.clock, deployment.state.process_id(AWS)}
    assert len(repair(deployment)) == 2
    assert examine(deployment) == []
