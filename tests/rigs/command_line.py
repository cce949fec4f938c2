"""t2mc as tests run it: its console script's `main` in this process, or the installed command in one of its own.

Owns what a process would have had to itself: arguments, environment, standard streams, the exit code. A process of its
own takes half a second to import what the command line needs, so that only a smoke set pays for it. Does not catch what
`main` does not: a traceback fails the test.
"""

import gc
import io
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

T2MC = Path(sys.executable).with_name("t2mc")
Done = subprocess.CompletedProcess[str]


def t2mc(*arguments: object, env: Mapping[str, str] | None = None, columns: int = 100) -> Done:
    """Run ``t2mc`` here, without a terminal. `env` is the whole environment; default: this process's."""
    from twin2multicloud.cli.__main__ import main

    command, streams = ["t2mc", *map(str, arguments)], (_Captured(), _Captured())
    with ExitStack() as stack:
        stack.enter_context(_left_open())
        for number in (signal.SIGTERM, signal.SIGHUP):
            stack.callback(signal.signal, number, signal.getsignal(number))
        stack.enter_context(_environment(_told(env, columns)))
        stack.enter_context(_arguments(command))
        stack.enter_context(_width(columns))
        stack.enter_context(redirect_stdout(streams[0]))
        stack.enter_context(redirect_stderr(streams[1]))
        code = _exit_code(main)
    return Done(command, code, *(each.text() for each in streams))


def installed_t2mc(*arguments: object, env: Mapping[str, str] | None = None, columns: int = 100) -> Done:
    """Run the installed command, in a process of its own and without a terminal."""
    return subprocess.run(
        [T2MC, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=90,
        stdin=subprocess.DEVNULL,
        env=_told(env, columns),
    )


def _told(env: Mapping[str, str] | None, columns: int) -> dict[str, str]:
    return {**(os.environ if env is None else env), "COLUMNS": str(columns), "NO_COLOR": "1"}


def _exit_code(main: Callable[[], None]) -> int:
    """What the process would have ended with."""
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)  # noqa: T201  as the interpreter does
        return 1
    return 0


class _Captured(io.TextIOWrapper):
    """A stream that is no terminal and can be read afterwards."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        content = self.buffer.getvalue()  # type: ignore[attr-defined]  # the BytesIO above
        text: str = content.decode()
        return text


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    _forget_sessions()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        _forget_sessions()


def _forget_sessions() -> None:
    """Let boto3 read keys and region from the environment again: it does so once in a process."""
    if "boto3" in sys.modules:
        sys.modules["boto3"].DEFAULT_SESSION = None  # type: ignore[attr-defined]


@contextmanager
def _arguments(command: list[str]) -> Iterator[None]:
    """Arguments, no input, and a main module that is a script: click names the program after it in its usage line."""
    kept = sys.argv, sys.stdin, sys.modules["__main__"]
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.argv, sys.stdin, sys.modules["__main__"] = command, nothing, ModuleType("__main__")
        try:
            yield
        finally:
            sys.argv, sys.stdin, sys.modules["__main__"] = kept


@contextmanager
def _width(columns: int) -> Iterator[None]:
    """Rich reads COLUMNS once, when a console is made: these two are made when the module is imported."""
    from twin2multicloud.cli.console import err, out

    kept = out.width, err.width
    out.width = err.width = columns
    try:
        yield
    finally:
        out.width, err.width = kept


@contextmanager
def _left_open() -> Iterator[None]:
    """A process's end closes what a command left open (clients of SDKs); here it would warn in the middle of a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
