"""t2mc check-payload: what one message of a device becomes, step by step."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from twin2multicloud.cli.console import out, say_json
from twin2multicloud.cli.project_commands import FolderAsOption
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.operations.payload_check import Step
from twin2multicloud.operations.payload_check import check_payload as check
from twin2multicloud.project.loader import load_project


def check_payload(
    folder: Annotated[Path, typer.Argument(help="The project folder; left out: this folder.", show_default=False)],
    file: Annotated[
        Path | None, typer.Argument(help="The message as the device sends it; - is standard input.")
    ] = None,
    device: Annotated[str, typer.Option("--device", "-d", help="The device that sends it.")] = ...,  # type: ignore[assignment]  # typer: required
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    project: FolderAsOption = None,
) -> None:
    """Show step by step what one message of a device becomes, or why it is refused. Needs no running twin.

    Exit code 1 where something of the message is not read as declared.

    Example: t2mc check-payload my-home message.json --device plug-1
    """
    if file is None:
        folder, file = project or Path(), folder
    if str(file) != "-" and not file.is_file():
        raise ConfigurationError(f"the message must be a file or - for standard input, found {file}")
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    steps = check(body, device, load_project(folder).twin, from_datetime(datetime.now(UTC)))
    if as_json:
        say_json(steps)
    else:
        for each in steps:
            _say(each)
    if not all(each.good for each in steps):
        raise typer.Exit(1)


def _say(step: Step) -> None:
    out.print(Text.assemble((f"{step.name:>9}  ", "bold" if step.good else "bold red"), step.text), soft_wrap=True)
    if step.marked is not None:
        line, column = step.marked
        out.print(Text(f"{'':11}{line}"), soft_wrap=True)
        out.print(Text(f"{'':11}{' ' * column}^", style="red"), soft_wrap=True)
