"""A runtime in a process of its own, asked over its pipes: a line of JSON in, a line of JSON out.

Both sides are here. A bundle needs a process of its own: its package has the name of the one under test.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

ROOT = Path(__file__).parents[2]
LOG = "runtime.log"
"""The file in the bundle's folder that a runtime writes what it has to say to."""


def child_environment(bundle: Path, env: Mapping[str, str]) -> dict[str, str]:
    """What a runtime's process starts with: the bundle before everything, the rigs, the function's own variables."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {**kept, **env, "PYTHONPATH": f"{bundle}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}


class RuntimeProcess:
    """Runs a rig's ``serve`` in a process. Raises RuntimeError for what went wrong in there."""

    def __init__(self, program: str, bundle: Path, env: Mapping[str, str]) -> None:
        with (bundle / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", program, str(bundle)],
                cwd=bundle,
                env=child_environment(bundle, env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        try:
            self.ready: Any = self._read()
        except BaseException:
            self.close()
            raise

    def ask(self, question: Mapping[str, Any]) -> Any:
        """The answer to a question."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(10)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the runtime ended with {self._process.wait(10)}")
        kind, answer = msgspec.json.decode(line)
        if kind == "failed":
            raise RuntimeError(answer)
        return answer


def serve(start: Callable[[Path], tuple[object, Callable[[dict[str, Any]], object]]]) -> None:
    """The process' side: start what the argument names, say what it is, then answer until nobody asks.

    What the runtime prints goes to stderr, so that the pipe stays clean.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        ready, answer = start(Path(sys.argv[1]))
    except Exception:
        _write(out, "failed", traceback.format_exc())
        return
    _write(out, "ready", ready)
    for line in sys.stdin.buffer:
        try:
            _write(out, "answer", answer(msgspec.json.decode(line)))
        except Exception:
            _write(out, "failed", traceback.format_exc())


def _write(out: BinaryIO, kind: str, what: object) -> None:
    out.write(msgspec.json.encode([kind, what]) + b"\n")
    out.flush()
