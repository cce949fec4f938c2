"""t2mc: the wiring of the command line. Owns the order of commands and what an error's exit code is.

0: done. 1: it did not work, or a check failed. 2: what was given cannot be worked with; nothing was changed.
"""

import os
import sys
from typing import Annotated

import typer

from twin2multicloud import __version__
from twin2multicloud.cli import (
    demo,
    deploy,
    devices,
    local_commands,
    optimize,
    package,
    prices,
    project_commands,
    telemetry_commands,
)
from twin2multicloud.cli.console import err, out, say_error, say_findings
from twin2multicloud.domain.errors import ConfigurationError, InvalidProjectError, TwinError

app = typer.Typer(
    name="t2mc",
    help="Run a five-layer digital twin with each layer on the cloud that suits it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_GROUPS = (project_commands, local_commands, telemetry_commands, demo, optimize, prices, package, deploy, devices)
for group in _GROUPS:
    group.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"t2mc {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Run a five-layer digital twin with each layer on the cloud that suits it."""


def main() -> None:
    """The console script."""
    try:
        app()
    except InvalidProjectError as error:
        say_findings(error)
        sys.exit(2)
    except ConfigurationError as error:
        say_error(str(error))
        sys.exit(2)
    except TwinError as error:
        say_error(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:  # `t2mc … | head`: nobody reads on, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a disk that is full, a file that is somebody else's
        say_error(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
