"""The emulator's object stores: a folder for each, a file for each object, durable before it has its name."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.object_store import ArchivedError, StoredObject

_UNFINISHED = ".unfinished-"
_RESTORED = ".restored"  # beside an object: when it can be read


class FolderObjectStore:
    """An `ObjectStore` in a folder. `restore_hours`: how long an archived object takes to come back; None: at once."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        bucket: Callable[[str], Path],
        restore_hours: float | None,
        sync: Callable[[int], None] = os.fsync,
    ) -> None:
        self._folder, self._clock, self._bucket, self._restore_hours = folder, clock, bucket, restore_hours
        self._sync = sync

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        """See `ports.object_store.ObjectStore.create`."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, body)
            if readable and self._restore_hours is not None and not _restored(path).exists():
                self._write(_restored(path), self._clock.now().encode())
        except OSError as error:  # a full disk
            raise RetryableError(f"{name}: the write to disk failed: {error}") from error

    def read(self, name: str) -> bytes:
        """See `ports.object_store.ObjectStore.read`."""
        path = self._path(name)
        if self._is_archived(path):
            raise ArchivedError(name)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise FinalError(f"there is no object {name}", 404) from error

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        """See `ports.object_store.ObjectStore.objects`."""
        found: list[StoredObject] = []
        for name, path in self._walk(prefix, after):
            with suppress(FileNotFoundError):  # deleted meanwhile
                found.append(StoredObject(name, path.stat().st_size, self._is_archived(path)))
            if len(found) == limit:
                break
        return found

    def delete(self, name: str) -> None:
        """See `ports.object_store.ObjectStore.delete`."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        _restored(path).unlink(missing_ok=True)
        with suppress(OSError):  # an empty folder is no object
            for folder in path.parents:
                if folder == self._folder:
                    break
                folder.rmdir()

    def take(self, name: str, bucket: str) -> None:
        """See `ports.object_store.ObjectStore.take`."""
        try:
            body = (self._bucket(bucket) / name).read_bytes()
        except FileNotFoundError as error:
            raise FinalError(f"there is no object {name} in {bucket}", 404) from error
        self.create(name, body)

    def restore(self, name: str) -> str:
        """See `ports.object_store.ObjectStore.restore`."""
        path = self._path(name)
        if not path.exists():
            raise FinalError(f"there is no object {name}", 404)
        if not self._is_archived(path):
            return self._clock.now()
        marker = _restored(path)
        if marker.exists():
            return marker.read_text(encoding="ascii")
        ready = from_datetime(to_datetime(self._clock.now()) + timedelta(hours=self._restore_hours or 0))
        self._write(marker, ready.encode())
        return ready

    def _write(self, path: Path, body: bytes) -> None:
        """Write a file that has its name only once its bytes are on the disk; one that is there has to be the same."""
        handle, unfinished = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                self._sync(file.fileno())
            os.link(unfinished, path)
        except FileExistsError as error:
            if path.read_bytes() != body:
                raise FinalError(f"{path.name} is there with another content", 409) from error
        finally:
            Path(unfinished).unlink()
        _sync(path.parent)

    def _walk(self, prefix: str, after: str) -> Iterator[tuple[str, Path]]:
        """The objects of a prefix after a name, in the order of their names: folders are not in that order."""
        folder = prefix.rpartition("/")[0]
        base = self._folder / folder if folder else self._folder
        names = []
        for root, _, files in os.walk(base):
            place = Path(root).relative_to(self._folder).as_posix()
            for file in files:
                name = file if place == "." else f"{place}/{file}"
                if not file.startswith(".") and name.startswith(prefix) and name > after:
                    names.append(name)
        return ((name, self._folder / name) for name in sorted(names))

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if any(part in ("", ".", "..") or part.startswith(".") for part in parts):
            raise FinalError(f"{name[:200]!r} is not the name of an object", 400)
        return self._folder.joinpath(*parts)

    def _is_archived(self, path: Path) -> bool:
        if self._restore_hours is None or not path.exists():
            return False
        try:
            return _restored(path).read_text(encoding="ascii") > self._clock.now()
        except FileNotFoundError:
            return True


def _restored(path: Path) -> Path:
    return path.with_name(f".{path.name}{_RESTORED}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
