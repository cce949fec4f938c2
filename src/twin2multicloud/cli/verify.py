"""t2mc verify: one marked reading through the whole twin. Renders what the operation saw, and exits."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.operations.verify import PATIENCE_S, Check
from twin2multicloud.operations.verify import verify as checks


def verify(
    folder: Folder = Path(),
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds that the reading may take to the hot store.", min=0.0)
    ] = PATIENCE_S,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Send one marked reading through every boundary, follow it to the readers, and take it out again.

    Says where it got stuck, and what to look at; exit code 1 then. Example: t2mc verify examples/smart-home
    """
    twin = open_twin(folder, deployed=deployed)
    for note in twin.notes:
        say_note(note)
    seen: list[Check] = []
    for each in checks(twin, patience):
        seen.append(each)
        if not as_json:
            _say(each)
    if as_json:
        say_json(seen)
    if any(each.problem for each in seen):
        raise typer.Exit(1)


def _say(check: Check) -> None:
    if check.problem:
        out.print(f"[bold red]✗[/] {escape(check.what)}: {escape(check.problem)}", soft_wrap=True)
        out.print(f"  [dim]look at: {escape(check.remedy)}[/]", soft_wrap=True)
        return
    took = "" if check.seconds is None else f" [dim]{check.seconds:.1f} s[/]"
    out.print(f"[green]✓[/] {escape(check.what)}{took}", soft_wrap=True)
