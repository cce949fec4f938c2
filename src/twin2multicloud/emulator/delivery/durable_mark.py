"""The number of a file's last durable commit, kept apart from it: what is lost with the file is noticed by it.

It is written after the commit and before anybody is told of it, and not synced: after a power cut it may be behind the
file, which says nothing, and never ahead of it. It does not hold back any commit.
"""

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError

_NUMBER = struct.Struct("<QI")  # the number and its checksum


class DurableMark:
    """The mark of one file. Opens its own with the first note. Raises OSError only there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def number(self) -> int | None:
        """The last number that was noted; None where there is none that can be read."""
        try:
            number, checksum = _NUMBER.unpack(self._path.read_bytes())
        except (OSError, struct.error):
            return None
        return int(number) if checksum == _checksum(number) else None

    def note(self, number: int) -> None:
        """A commit is durable."""
        if self._handle is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(OSError):  # the commit holds all the same; a mark that is behind says nothing
            os.pwrite(self._handle, _NUMBER.pack(number, _checksum(number)), 0)

    def require(self, number: int, file: Path) -> None:
        """Raises ConfigurationError where a file's last commit is before the mark."""
        marked = self.number
        if marked is not None and number < marked:
            raise ConfigurationError(
                f"{file} lacks the last {marked - number:,} of {marked:,} commits that were durable: what they held of "
                "acknowledged messages is lost unless the file is put back; `t2mc doctor` tells more, "
                "`t2mc up --accept-loss` goes on without them"
            )

    def close(self) -> None:
        """Sync and close it."""
        if self._handle is not None:
            with suppress(OSError):
                os.fsync(self._handle)
            os.close(self._handle)
            self._handle = None


def _checksum(number: int) -> int:
    return zlib.crc32(number.to_bytes(8, "little"))
