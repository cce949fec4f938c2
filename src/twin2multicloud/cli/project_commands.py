"""t2mc init, validate, plan: commands that need no cloud."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.restore_text import archive_text
from twin2multicloud.cli.tables import boundaries_table, components_table, rows_table, topics_table
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.planning.planner import plan as plan_twin
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.project.places import typed
from twin2multicloud.project.templates import template_names, write_template

Folder = Annotated[Path, typer.Argument(help="The project folder.", show_default="this folder")]
FolderFirst = Annotated[Path, typer.Argument(help="The project folder; . for this one.")]
FolderAsOption = Annotated[Path | None, typer.Option("--project", "-p", hidden=True)]
"""Where the folder was named up to version 0.1. It moves the arguments up by one."""


def _complete_template(incomplete: str) -> list[str]:
    return [name for name in template_names() if name.startswith(incomplete)]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to create; must not exist, or be empty.")],
    template: Annotated[
        str, typer.Option("--template", "-t", help="The example to start from.", autocompletion=_complete_template)
    ] = "smart-home",
) -> None:
    """Make a new project from a template.

    Example: t2mc init my-twin --template factory
    """
    write_template(template, folder)
    word = escape(typed(folder))
    out.print(
        f"{escape(str(folder))} is a copy of {template}. Next: [bold]t2mc validate {word}[/], [bold]t2mc up {word}[/]",
        soft_wrap=True,
    )


def validate(folder: Folder = Path()) -> None:
    """Check every file of a project and list all problems.

    Example: t2mc validate examples/factory
    """
    project = load_project(folder)
    say_notes(project)
    twin = project.twin
    kinds = len(twin.placement.clouds)
    out.print(
        f"[green]valid[/]: {twin.name}, {len(twin.catalog):,} devices of {len(twin.catalog.types)} types, "
        f"{kinds} cloud{'s' if kinds != 1 else ''}"
    )


def plan(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="The topology as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The components as CSV.")] = False,
    explain: Annotated[bool, typer.Option(help="Name the row of the planner's table behind each boundary.")] = False,
) -> None:
    """Print the components of a twin, their clouds and reasons. Changes nothing.

    Example: t2mc plan examples/smart-home --explain
    """
    project = load_project(folder)
    topology = plan_twin(project.twin)
    if as_json:
        say_json(topology)
        return
    say_notes(project)
    if as_csv:
        say_table(components_table(topology, explain=explain), as_csv=True)
        return
    out.print(components_table(topology, explain=explain))
    out.print(boundaries_table(topology))
    if topology.topics or topology.gateways:
        out.print(topics_table(topology))
    if explain:
        out.print(rows_table(topology))
    out.print(archive_text(topology.placement, PriceBook.shipped()), soft_wrap=True)
    out.print(
        f"{len(topology.components)} components on {len(topology.placement.clouds)} clouds, "
        f"{len(topology.endpoints)} endpoints (in bold)"
    )


def say_notes(project: Project) -> None:
    """What was left to defaults."""
    for note in project.notes:
        say_note(note)
