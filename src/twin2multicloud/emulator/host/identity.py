"""Which process of this machine is which, and signals to it. Knows no deployment.

Numbers of processes are used again, and a file with one may hold anything. So a process is known by its number, by the
moment at which it started and by its command line together, and it is held (a pidfd, where the system has them) from
that look to the signal.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from twin2multicloud.project.json_files import write_atomically

_LOWEST, _HIGHEST = 2, 2**31 - 1  # 0 and what is negative are groups, and 1 is the system's own
_LOOKS, _LOOK_AGAIN = 50, 0.002  # seconds
_STARTED_FIELD = 19  # of /proc/<pid>/stat after the name, see proc(5): starttime


class Seen(msgspec.Struct, frozen=True):
    """A live process: when it started, as the system says it, and its command line, separated by spaces."""

    started: str
    command: str


class Identity(msgspec.Struct, frozen=True):
    """A process as it was when it was noted down."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """A live process. Raises ProcessLookupError where it has ended."""
        seen = look_at(pid)
        if seen is None:
            raise ProcessLookupError(f"process {pid} has ended")
        return cls(pid, seen.started)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What was noted down; None where nothing was. Raises ValueError, in a sentence's end, for anything else."""
        try:
            noted = msgspec.json.decode(file.read_bytes(), type=cls)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ValueError(f"cannot be read ({error.strerror})") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ValueError("does not hold what t2mc wrote there") from error
        if not _LOWEST <= noted.pid <= _HIGHEST:
            raise ValueError(f"holds {noted.pid}, which is the number of no process of ours")
        return noted

    def write(self, file: Path) -> None:
        """Note it down. Raises OSError."""
        write_atomically(file, msgspec.json.encode(self))

    def runs(self, command: str) -> bool:
        """Whether it is alive and still the one that was noted down, with `command` in its command line."""
        seen = look_at(self.pid)
        return seen is not None and seen.started == self.started and command in f" {seen.command} "

    def signal(self, number: int, command: str) -> bool:
        """Send a signal to the process if it `runs` the command; whether it was sent."""
        handle = _hold(self.pid)
        try:
            if not self.runs(command):
                return False
            if handle is None:
                os.kill(self.pid, number)
            else:
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            if handle is not None:
                os.close(handle)
        return True

    def end_session(self) -> None:
        """End what a process that has ended left in its session (see setsid(2)); its number must not be used again."""
        if look_at(self.pid) is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


def look_at(pid: int) -> Seen | None:
    """A process as the system shows it; None where there is none, or only its exit code waits for its parent."""
    _reap(pid)
    command = b""
    for look in range(_LOOKS):
        try:
            state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None if Path("/proc/self/stat").exists() else _ask_ps(pid)
        if state in "ZX":
            return None
        if command or look == _LOOKS - 1:
            break
        time.sleep(_LOOK_AGAIN)  # a process in the middle of execve(2) has none for a moment
    return Seen(rest[_STARTED_FIELD - 1], command.replace(b"\0", b" ").decode(errors="replace").rstrip(" "))


def _ask_ps(pid: int) -> Seen | None:
    """As `look_at`, where the system has no /proc."""
    command = ["ps", "-ww", "-p", str(pid), "-o", "stat=", "-o", "lstart=", "-o", "command="]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})  # noqa: S603 - a number
    state, *words = shown.stdout.strip().split(maxsplit=6) or [""]
    if len(words) < 6 or state.startswith("Z"):
        return None
    return Seen(" ".join(words[:5]), words[5].rstrip())


def _hold(pid: int) -> int | None:
    """A handle that no other process of this number can take over; None where the system has none."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # it has ended, or the kernel is older than the call
        return None


def _reap(pid: int) -> None:
    """Collect a child of this very process, so that it does not stay as a zombie and look alive."""
    with suppress(ChildProcessError):  # not a child: an earlier `t2mc up` started it
        os.waitpid(pid, os.WNOHANG)
