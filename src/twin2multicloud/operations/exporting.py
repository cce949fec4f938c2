"""Exports a twin's readings of all ages to files, page by page. Owns what is read and where files go; no format."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.extras import require
from twin2multicloud.operations.reading_files import GROUP_ROWS, Format, Row, Write, open_file
from twin2multicloud.operations.twin import ReadableTwin, properties_of
from twin2multicloud.ports.hot_store import AFTER_ALL

_EARLIEST = "0001-01-01T00:00:00.000Z"
_STEP = 10_000  # values between two reports


class Target(msgspec.Struct, frozen=True):
    """Where an export goes: one file of all devices, or a folder with a file for each."""

    path: Path
    form: Format
    is_folder: bool


class Exported(msgspec.Struct, frozen=True):
    """How far an export is: devices that are done, values written, and the archived chunks, by device, that have to be
    restored before the rest can be read.
    """

    devices: int = 0
    values: int = 0
    archived: dict[str, tuple[str, ...]] = {}


def target_of(path: Path, form: Format | None) -> Target:
    """A path as the target of an export: a file where its name ends as a format's, else a folder.

    Without a format it is that of the file's name, and Parquet in a folder. Raises ConfigurationError where the two
    differ, for a folder that has something in it, and where there is no place or no package to write it.
    """
    named = next((each for each in Format if path.suffix.lower() == f".{each}"), None)
    if named is None and path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is a file whose name ends in none of .parquet, .csv, .jsonl; name another")
    is_folder = named is None or path.is_dir()
    if not is_folder and form not in (None, named):
        raise ConfigurationError(
            f"{path} ends in .{named}, the format is {form}; leave --format out, or name it .{form}"
        )
    if is_folder and path.is_dir() and any(path.iterdir()):
        raise ConfigurationError(f"{path} is not empty; name a new or an empty folder, or a file")
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(f"{path.parent}: no such folder to write {path.name} in; make it first")
    chosen = form or (None if is_folder else named) or Format.PARQUET
    if chosen is Format.PARQUET:
        require("pyarrow")
    return Target(path, chosen, is_folder)


def export_readings(
    twin: ReadableTwin, devices: Sequence[str], target: Target, *, start: str = _EARLIEST, end: str = AFTER_ALL
) -> Iterator[Exported]:
    """Write the readings of (start, end] (canonical stamps), of all properties and all tiers, device by device.

    Yields how far it is, the whole at last. Files are in place when it ends, all at once; where it does not come to its
    end, nothing is left. Raises ConfigurationError for a device that the twin does not have, or an interval that is
    none, before anything is read; TwinError where a reader does not answer.
    """
    declared = {device: properties_of(twin.catalog, device) for device in devices}
    if start > end:
        raise ConfigurationError(f"the start {start} is after the end {end}")
    readers, done = twin.readers, Exported()
    with _put_in_place(target) as folder, ExitStack() as files:
        common = None if target.is_folder else _Rows(files.enter_context(open_file(folder / _NAME, target.form)))
        for device, properties in declared.items():
            with ExitStack() as own:
                rows = common or _Rows(
                    own.enter_context(open_file(folder / _file_name(device, target.form), target.form))
                )
                archived: set[str] = set()
                source = _values(readers, device, properties, start, end, archived)
                while values := list(islice(source, _STEP)):
                    rows.add(values)
                    done = msgspec.structs.replace(done, values=done.values + len(values))
                    yield done
                if common is None:
                    rows.flush()
            missing = {device: tuple(sorted(archived))} if archived else {}
            done = Exported(done.devices + 1, done.values, done.archived | missing)
            yield done
        if common is not None:
            common.flush()


_NAME = "readings"


class _Rows:
    """Rows on their way to a file, as many at once as it wants."""

    def __init__(self, write: Write) -> None:
        self._write, self._rows = write, list[Row]()

    def add(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._write(self._rows)
            self._rows = []


def _values(
    readers: HotReaders, device: str, declared: Sequence[str], start: str, end: str, archived: set[str]
) -> Iterator[Row]:
    try:
        undeclared = readers.latest(device, (), undeclared=True).keys() - set(declared)
        for time, name, value in readers.values(
            device, [*declared, *sorted(undeclared)], start, end, archived=archived
        ):
            yield Row(device, time, name, value)
    except FinalError as error:  # the reader refuses what was asked
        raise ConfigurationError(str(error)) from error


@contextmanager
def _put_in_place(target: Target) -> Iterator[Path]:
    """A folder to write into, beside the target; what is in it becomes the target at the end, or is removed."""
    path = target.path.absolute()
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield folder
        for each in folder.iterdir():
            with each.open("rb") as file:
                os.fsync(file.fileno())
        if not target.is_folder:
            (folder / _NAME).replace(path)
        elif path.exists():
            for each in folder.iterdir():
                each.replace(path / each.name)
        else:
            folder.chmod(0o755)
            folder.rename(path)
    finally:
        rmtree(folder, ignore_errors=True)


def _file_name(device: str, form: Format) -> str:
    """A device's file. Names that begin with a dot or an underscore are those that Spark and pyarrow pass over."""
    name = quote(device, safe="")
    return f"{f'%{ord(name[0]):02X}{name[1:]}' if name[0] in '._' else name}.{form}"
