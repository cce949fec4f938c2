"""Notices that a project's files change. Owns which files count; reads none of them and changes nothing."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

_EVERY = 0.4  # s between two looks

Snapshot = Mapping[Path, tuple[int, int]]
"""The files of a project, each with its time of change (ns) and its size."""


def snapshot(folder: Path) -> Snapshot:
    """The files that a project may be made of: no hidden ones, and nothing that Python keeps."""
    found: dict[Path, tuple[int, int]] = {}
    for root, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".") and each != "__pycache__"]
        for name in files:
            if not name.startswith("."):
                path = Path(root, name)
                try:
                    status = path.stat()
                except OSError:  # it has gone meanwhile
                    continue
                found[path] = (status.st_mtime_ns, status.st_size)
    return found


def settled_changes(look: Callable[[], Snapshot], pause: Callable[[float], None]) -> Iterator[bool]:
    """Look for ever; each time True where files have changed and have been the same for a look, so are written whole.

    The first files count as a change, since nobody knows what was before. What changes while the caller works on a
    change is not missed.
    """
    taken: Snapshot = {}
    seen = look()
    while True:
        pause(_EVERY)
        now = look()
        settled = now == seen and now != taken
        seen = now
        if settled:
            taken = now
        yield settled
