"""t2mc run processor: one reading through user code. t2mc test: a project's tests. Neither needs a running twin."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from twin2multicloud.cli.console import out, say_error, say_json
from twin2multicloud.cli.project_commands import Folder, FolderFirst
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.operations.processor_run import ProcessorRun, run_processor, run_tests
from twin2multicloud.project.loader import load_project

run_app = typer.Typer(add_completion=False, help="Run user code on single readings.", no_args_is_help=True)


@run_app.callback()
def run() -> None:
    """Run user code on single readings."""


@run_app.command("processor")
def processor(
    folder: FolderFirst,
    name: Annotated[str, typer.Argument(help="The processor: NAME of processors/NAME.py.")],
    reading: Annotated[Path, typer.Option(help="The message as a device sends it, a file; - is standard input.")],
    device: Annotated[str | None, typer.Option("--device", "-d", help="The device that sends it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Run a processor on one message, with the runtime's limits, and show what it changes. Exit code 1 if it fails.

    Example: t2mc run processor examples/factory vibration --reading reading.json --device press-1
    """
    if str(reading) != "-" and not reading.is_file():
        raise ConfigurationError(f"--reading: the message must be a file or - for standard input, found {reading}")
    body = sys.stdin.buffer.read() if str(reading) == "-" else reading.read_bytes()
    runs = run_processor(load_project(folder), name, body, _now(), device=device)
    if as_json:
        say_json(runs)
    else:
        for each in runs:
            _say(each)
    if any(each.outcome.error for each in runs):
        raise typer.Exit(1)


def run_project_tests(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Run the tests of a project: tests/*.json, a reading in and what is expected. Exit code 1 if one fails.

    Example: t2mc test examples/factory
    """
    verdicts = list(run_tests(load_project(folder), _now()))
    failed = [each for each in verdicts if each.problem]
    if as_json:
        say_json(verdicts)
    else:
        for each in failed:
            say_error(f"{each.test}: {each.problem}")
        out.print(f"{len(verdicts) - len(failed)} of {len(verdicts)} tests passed")
    if failed:
        raise typer.Exit(1)


def _now() -> str:
    return from_datetime(datetime.now(UTC))


def _say(run: ProcessorRun) -> None:
    outcome = run.outcome
    if outcome.error:
        say_error(f"{outcome.place}: {outcome.error}" if outcome.place else outcome.error)
        return
    if outcome.result is None:
        out.print("dropped")
        return
    for name in dict.fromkeys([*run.given, *outcome.result]):
        before, after = run.given.get(name), outcome.result.get(name)
        sign, style = (" ", "dim") if before == after else ("~", "yellow")
        if name not in run.given:
            sign, style = "+", "green"
        elif name not in outcome.result:
            sign, style = "−", "red"
        change = f"{before} → {after}" if sign == "~" else str(before if sign == "−" else after)
        out.print(Text(f"{sign} {name}: {change}", style=style), soft_wrap=True)
    for reason in outcome.left_out:
        out.print(Text(f"left out: {reason}", style="yellow"), soft_wrap=True)
