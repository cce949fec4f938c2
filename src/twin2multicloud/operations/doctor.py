"""Checks every file of a twin on this machine, and repairs what is asked for. Prints nothing; deletes nothing.

What cannot be read is set aside with its bytes: repairing is never the loss itself.
"""

import errno
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters import hot_store
from twin2multicloud.emulator.delivery import journal
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.file_check import fault_of
from twin2multicloud.emulator.delivery.salvage import files_of, salvage
from twin2multicloud.emulator.host.deployment import LocalDeployment
from twin2multicloud.emulator.host.folder_lock import changing
from twin2multicloud.emulator.host.processes import misnamed, pid_of
from twin2multicloud.functions.storage.chunks import verify
from twin2multicloud.operations.bring_up import clouds
from twin2multicloud.project.places import typed


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file, what is lost by it, and what a repair does."""

    file: Path
    found: str
    lost: str
    repair: str


class _Database(msgspec.Struct, frozen=True):
    name: str  # as its mark is called
    file: str
    tables: tuple[str, ...]
    last_number: Callable[[Path], int]
    make: Callable[[Path], None]


def _make_journal(path: Path) -> None:
    journal.Journal(path).close()


def _make_hot_store(path: Path) -> None:
    hot_store.SqliteTable(path, Staged()).close()


_ROWS = ("devices", "readings")  # of a sorted table
_DATABASES = (
    _Database(
        "journal", "journal.sqlite", ("groups", "dead_letters", "buried", "errors"), journal.last_number, _make_journal
    ),
    _Database("hot", "hot.sqlite", _ROWS, hot_store.last_number, _make_hot_store),
    _Database("errors", "errors.sqlite", _ROWS, hot_store.last_number, _make_hot_store),
    _Database("events", "events.sqlite", _ROWS, hot_store.last_number, _make_hot_store),
)


def examine(deployment: LocalDeployment, say: Callable[[str], None] = lambda _: None) -> list[Fault]:
    """Everything that is wrong. Raises ConfigurationError while a cloud is up."""
    _require_down(deployment)
    _require_writable(deployment)
    with changing(deployment.state, "doctor", say):
        return [fault for name in clouds(deployment) for fault in _faults(deployment, name)] + _settings(deployment)


def repair(deployment: LocalDeployment, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Keep what can be read, set the rest aside and accept what is lost; returns a sentence for each thing done.

    Raises ConfigurationError while a cloud is up, OSError where the disk does not take it.
    """
    _require_down(deployment)
    root = deployment.state.root
    with changing(deployment.state, "doctor --repair", say):
        done = [f"{fault.file} is now {_set_aside(fault.file, root)}" for fault in _settings(deployment)]
        for name in clouds(deployment):
            done += _repair(deployment, name)
    return done


def _repair(deployment: LocalDeployment, name: str) -> Iterator[str]:
    folder = deployment.state.process(name)
    if misnamed(deployment, name):
        yield f"{deployment.state.process_id(name)} is now {_set_aside(deployment.state.process_id(name), folder)}"
    for database in _DATABASES:
        path, mark = folder / database.file, DurableMark(deployment.state.mark(name, database.name))
        if fault_of(path, whole=True):
            yield _rebuild(path, database)
            deployment.state.mark(name, database.name).unlink(missing_ok=True)
        elif mark.number is not None and database.last_number(path) < mark.number:
            deployment.state.mark(name, database.name).unlink()
            yield f"{path} counts as complete from now on"
        if database.name == "journal" and (groups := _groups_that_changed(path)):
            yield f"{len(groups):,} groups of {path} are now in {_set_groups_aside(path, groups)}"
    for path in _damaged_chunks(deployment, name):
        yield f"{path} is now {_set_aside(path, folder)}"


def _rebuild(path: Path, database: _Database) -> str:
    """A new file of what can be read, in the place of the damaged one."""
    aside = _folder_aside(path.parent)
    damaged = []
    for each in files_of(path):
        shutil.move(each, aside / each.name)
        damaged.append(aside / each.name)
    database.make(path)
    kept: dict[str, int] = {}
    if damaged[0].is_file():
        try:
            kept = salvage(damaged[0], path, database.tables)
        except sqlite3.DatabaseError:  # not a database at all
            kept = {}
    if database.tables is _ROWS:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("UPDATE counted SET readings = (SELECT count(*) FROM readings WHERE time < 1 << 60)")
    what = ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in kept.items()) or "nothing"
    return f"{path} is new and has what could be read ({what}); the damaged file is {damaged[0]}"


def _faults(deployment: LocalDeployment, name: str) -> Iterator[Fault]:
    state = deployment.state
    if sentence := misnamed(deployment, name):
        yield Fault(file=state.process_id(name), found=sentence, lost="nothing", repair="sets the file aside")
    for database in _DATABASES:
        yield from _faults_of(state.process(name) / database.file, state.mark(name, database.name), database)
    for path in _damaged_chunks(deployment, name):
        yield Fault(file=path, found="is not what its name says", lost="its readings", repair="sets the file aside")


def _faults_of(path: Path, marked: Path, database: _Database) -> Iterator[Fault]:
    if found := fault_of(path, whole=True):
        yield Fault(
            file=path,
            found=found,
            lost="what stands in the pages that cannot be read",
            repair="makes a new file of the rest, and sets this one aside",
        )
        return
    number, last = DurableMark(marked).number, database.last_number(path)
    if number is not None and last < number:
        yield Fault(
            file=path,
            found=f"lacks the last {number - last:,} of {number:,} commits that were durable",
            lost="acknowledged messages that these held, unless the file or its log is put back",
            repair="goes on without them, as `t2mc up --accept-loss` does",
        )
    if database.name == "journal" and (groups := _groups_that_changed(path)):
        yield Fault(
            file=path,
            found=f"has {len(groups):,} groups of messages that are not as they were written",
            lost="their messages",
            repair="sets them aside, as the cloud does when it starts; the others are delivered",
        )


def _groups_that_changed(path: Path) -> list[int]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if "checksum" not in {row[1] for row in db.execute("PRAGMA table_info(groups)")}:
            return []
        found = db.execute("SELECT id, body, checksum FROM groups WHERE checksum IS NOT NULL")
        return [group for group, body, checksum in found if zlib.crc32(body) != checksum]


def _set_groups_aside(path: Path, groups: Sequence[int]) -> Path:
    aside = path.parent / journal.SET_ASIDE
    aside.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for group in groups:
            (body,) = db.execute("SELECT body FROM groups WHERE id = ?", (group,)).fetchone()
            (aside / f"group-{group}").write_bytes(body)
            db.execute("DELETE FROM groups WHERE id = ?", (group,))
    return aside


def _damaged_chunks(deployment: LocalDeployment, name: str) -> Iterator[Path]:
    """Objects of the older tiers whose bytes are not those that their name has the digest of."""
    root = deployment.state.object_stores(name)
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if not path.is_file() or path.name.startswith("."):
            continue
        store = root / path.relative_to(root).parts[0]
        try:
            verify(path.relative_to(store).as_posix(), path.read_bytes())
        except (TwinError, ValueError, OSError):
            yield path


def _settings(deployment: LocalDeployment) -> list[Fault]:
    """Small files beside the clouds' that are not JSON. (The deployment's own was read, or we would not be here.)"""
    found = []
    for path, lost in (
        (deployment.state.clock, "the time that was set"),
        (deployment.state.device_registry, "which devices were taken out, and which passwords renewed"),
    ):
        try:
            json.loads(path.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            found.append(Fault(file=path, found=f"cannot be read ({error})", lost=lost, repair="sets the file aside"))
    return found


def _set_aside(path: Path, folder: Path) -> Path:
    target = _folder_aside(folder) / path.name
    shutil.move(path, target)
    return target


def _folder_aside(folder: Path) -> Path:
    aside = folder / journal.SET_ASIDE / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside.mkdir(parents=True)
    return aside


def _require_writable(deployment: LocalDeployment) -> None:
    """SQLite reads no file with a log where it cannot write: what is whole would seem damaged. Raises OSError."""
    root = deployment.state.root
    if os.statvfs(root).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(root))


def _require_down(deployment: LocalDeployment) -> None:
    up: Sequence[str] = [Cloud(name) for name in clouds(deployment) if pid_of(deployment, name) is not None]
    if up:
        folder = typed(Path(deployment.folder))
        raise ConfigurationError(f"{', '.join(up)} up, and writing these files; `t2mc down {folder}` first, data stays")
