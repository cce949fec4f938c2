"""A journal whose disk takes nothing for a while: what was done is not delivered again, and closing is no failure."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.machine import ThisMachine


class FullDisk(ThisMachine):
    """A machine whose disk is full while a test says so."""

    full = False

    def writing(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def journal_of(folder: Path, machine: FullDisk) -> tuple[Journal, list[Record]]:
    """A journal, and what it delivers."""
    journal, delivered = Journal(folder / "journal.sqlite", machine=machine), list[Record]()

    def deliver(records: Sequence[Record]) -> None:
        delivered.extend(records)

    journal.start(deliver)
    return journal, delivered


def test_what_was_done_while_the_disk_was_full_is_forgotten_when_it_has_room(tmp_path: Path) -> None:
    machine = FullDisk()
    journal, delivered = journal_of(tmp_path, machine)
    for number in range(20):  # more groups than are kept back to be forgotten with others
        journal.append("q", b"%d" % number, 1).wait()
    machine.full = True
    journal.done(delivered)
    with pytest.raises(OSError, match="No space left"):
        journal.append("q", b"refused", 1).wait()  # and with it the commit that forgets what is done
    machine.full = False
    journal.close()
    journal, delivered = journal_of(tmp_path, machine)
    assert [record.body for record in delivered] == []
    journal.close()


def test_a_journal_closes_on_a_full_disk_and_delivers_once_more_what_it_could_not_forget(tmp_path: Path) -> None:
    machine = FullDisk()
    journal, delivered = journal_of(tmp_path, machine)
    journal.append("q", b"kept", 1).wait()
    journal.done(delivered)
    machine.full = True
    journal.close()
    machine.full = False
    journal, delivered = journal_of(tmp_path, machine)
    assert [record.body for record in delivered] == [b"kept"]
    journal.close()
