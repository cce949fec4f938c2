"""The locks on a twin's state: one command at a time changes it, and one process at a time runs a cloud from it.

The system lets a lock go when its holder ends, however it does. The files say who holds them, for people.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.project.state_folder import StateFolder


@contextmanager
def changing(state: StateFolder, command: str, say: Callable[[str], None]) -> Iterator[None]:
    """Held by what starts and stops processes. Waits for others, and says for whom. Raises OSError."""
    with _held(state, command, say, fcntl.LOCK_EX):
        yield


@contextmanager
def using(state: StateFolder, command: str, say: Callable[[str], None]) -> Iterator[None]:
    """Held, by any number at once, by what works with processes that are to stay as they are. Raises OSError."""
    with _held(state, command, say, fcntl.LOCK_SH):
        yield


@contextmanager
def _held(state: StateFolder, command: str, say: Callable[[str], None], how: int) -> Iterator[None]:
    with _opened(state) as lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {_holder(state.lock) or 'another command'}, which works on {state.root.parent}")
            fcntl.flock(lock, how)
        if lock.writable():
            with suppress(OSError):  # of a full disk: who waits does not hear for whom
                if how == fcntl.LOCK_EX:
                    os.truncate(state.lock, 0)
                os.write(lock.fileno(), f"t2mc {command} (process {os.getpid()})\n".encode())
        yield


def _opened(state: StateFolder) -> TextIO:
    """The lock's file; to read only where nothing can be written, since what runs from there can be stopped.

    Raises OSError.
    """
    try:
        state.make()
        return state.lock.open("a+")
    except OSError:
        if not state.lock.exists():
            raise
        return state.lock.open()


def hold_process(state: StateFolder, name: str) -> int:
    """Hold a cloud's data for this very process, until it ends; returns a descriptor, not to be closed.

    Of the process and not of the open file, unlike the above: what it forks holds nothing. Raises TwinError where
    another process has it.
    """
    folder = state.process(name)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lock"
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        other = _holder(file) or "another process"
        raise TwinError(
            f"{other} runs {name} from {folder} already; end it first, `t2mc down` does not know it"
        ) from error
    os.truncate(handle, 0)
    os.write(handle, f"process {os.getpid()}\n".encode())
    return handle


def _holder(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines()
    return lines[-1] if lines else ""
