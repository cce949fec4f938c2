"""How a process in the background says why it did not start: one sentence, the last line of its log."""

import sys
from pathlib import Path
from typing import NoReturn

_SAYS = "did not start: "
_LINES = 15


def say_failure(error: Exception) -> NoReturn:
    """End this process with a sentence."""
    sys.stderr.write(f"{_SAYS}{error}\n")
    sys.exit(1)


def failure(log: Path) -> str:
    """Why a process did not start, from its log: its sentence, or what it said last."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-_LINES:]
    except OSError as error:
        return f"did not start, and its log cannot be read ({error.strerror})"
    last = lines[-1] if lines else ""
    return last if last.startswith(_SAYS) else "\n".join(["did not start:", *lines])
