"""t2mc: the wiring of the command line. Owns the order of commands and what an error's exit code is.

0: done. 1: the command or a check failed. 2: invalid input; nothing was changed. 130, 143: Ctrl-C, SIGTERM.
"""

import errno
import os
import signal
import sys
from typing import Annotated

import typer

from twin2multicloud import __version__
from twin2multicloud.cli.commands import LazyGroup
from twin2multicloud.domain.errors import ConfigurationError, InvalidProjectError, TwinError

app = typer.Typer(
    name="t2mc",
    cls=LazyGroup,
    help="Run a five-layer digital twin with each layer on the cloud that suits it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"t2mc {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run a five-layer digital twin with each layer on the cloud that suits it."""


def main() -> None:
    """The console script. A closed terminal and a service manager end it as Ctrl-C does: in order."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        app()
    except (TwinError, OSError) as error:
        sys.exit(_report(error))


def _end(number: int, _: object) -> None:
    raise KeyboardInterrupt(number)


def _report(error: BaseException) -> int:
    """Print an error; its exit code."""
    if isinstance(error, BrokenPipeError):  # `t2mc … | head`: the reader has gone; there is nowhere to report it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    from twin2multicloud.cli.console import say_error, say_findings  # what goes well does not wait for Rich

    if isinstance(error, InvalidProjectError):
        say_findings(error)
    else:
        say_error(_sentence(error))
    return 2 if isinstance(error, (InvalidProjectError, ConfigurationError)) else 1


def _sentence(error: BaseException) -> str:
    """An error as a sentence. Of a disk: what cannot be written, and what needs no disk."""
    if isinstance(error, OSError) and error.errno in _DISK and error.strerror:
        what = error.filename or "a file"
        return (
            f"{what} cannot be written ({error.strerror}); make room or give access, then run the command again. "
            "What was acknowledged stays; validate, plan and down work meanwhile"
        )
    return str(error)


_DISK = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT)

if __name__ == "__main__":
    main()
