"""t2mc export: what a twin is made of, for use without t2mc."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_note
from twin2multicloud.cli.deploy import pairs
from twin2multicloud.cli.project_commands import FolderFirst, say_notes
from twin2multicloud.operations.terraform_export import export
from twin2multicloud.project.loader import load_project
from twin2multicloud.terraform.rollout import chosen

export_app = typer.Typer(add_completion=False, help="Take a twin out of t2mc: its deployment.", no_args_is_help=True)


@export_app.callback()
def group() -> None:
    """Take a twin out of t2mc: its deployment."""


@export_app.command("terraform")
def terraform(
    folder: FolderFirst,
    target: Annotated[Path, typer.Argument(help="The folder to write; new, empty, or an earlier export.")],
    var: Annotated[
        list[str] | None, typer.Option(help="name=value, as for t2mc deploy; those of the last deployment are kept.")
    ] = None,
    bundles: Annotated[
        Path | None, typer.Option(help="Folder of the archives.", show_default="the project's .t2mc/bundles")
    ] = None,
) -> None:
    """Write a deployment as a repository of its own: configuration, archives and a README, without need of t2mc.

    No secret is written. Example: t2mc export terraform examples/single-cloud infrastructure
    """
    project = load_project(folder)
    say_notes(project)
    done = export(chosen(project, pairs("--var", var), bundles), target)
    out.print(f"{escape(str(target))}: the configuration, {done.archives} archives and a README", soft_wrap=True)
    for note in done.notes:
        say_note(note)
