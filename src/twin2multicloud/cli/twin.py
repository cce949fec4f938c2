"""t2mc twin: the model of a twin for others, back from them, and L4 held against L3."""

from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import make_table, out, say_json
from twin2multicloud.cli.project_commands import Folder, FolderFirst
from twin2multicloud.models import twinmaker_scene
from twin2multicloud.models.scene import scenes_of
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.operations.twin_check import check as check_twin
from twin2multicloud.operations.twin_models import FORMATS, export, import_into
from twin2multicloud.project.loader import load_project

twin_app = typer.Typer(
    add_completion=False,
    help="The twin's graph (L4): export and import its model, and check what L4 says against L3.",
    no_args_is_help=True,
)
_FORMATS = ", ".join(FORMATS)


@twin_app.command("export")
def export_model(
    folder: Folder = Path(),
    form: Annotated[
        str | None, typer.Option("--for", help=f"One of {_FORMATS}; left out: that of L4's cloud.", metavar="FORMAT")
    ] = None,
) -> None:
    """Print the twin's model as JSON: for a cloud's twin service, as NGSI-LD, or as an Asset Administration Shell.

    Example: t2mc twin export examples/smart-home --for ngsi-ld
    """
    twin = load_project(folder).twin
    say_json(export(twin, form or twin.placement.l4))


@twin_app.command("scene")
def scene(folder: Folder = Path()) -> None:
    """Print TwinMaker's scene file of the twin: its entities, and a tag for each property, coloured by event rules.

    Example: t2mc twin scene examples/smart-home > scene.json
    """
    say_json(twinmaker_scene.write(scenes_of(load_project(folder).twin)))


@twin_app.command("import")
def import_model(
    folder: FolderFirst,
    file: Annotated[Path, typer.Argument(help="The document.", exists=True, dir_okay=False)],
    form: Annotated[str, typer.Option("--for", help=f"Its format, one of {_FORMATS}.", metavar="FORMAT")],
) -> None:
    """Write a project's devices and hierarchy from such a document, into a folder that has neither.

    Example: t2mc twin import copy model.json --for aas
    """
    found = import_into(folder, file.read_bytes(), form)
    out.print(f"{len(found.entities)} entities, {len(found.components)} components and {len(found.types)} types")


@twin_app.command("check")
def check(
    folder: Folder = Path(),
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Ask L4 for every property of every entity, and hold it against L3. Exit code 1 if any differs.

    Example: t2mc twin check examples/smart-home
    """
    rows = list(check_twin(open_twin(folder, deployed=deployed), load_project(folder).twin.hierarchy))
    if as_json:
        say_json(rows)
    else:
        table = make_table("L4 against L3", "entity", "component", "property", ">L4", ">L3", ">age", "problem")
        for each in rows:
            age = "never" if each.age_seconds is None else f"{each.age_seconds:,.0f} s"
            values = ["" if value is None else str(value) for value in (each.at_l4, each.at_l3)]
            table.add_row(each.entity, each.component, each.name, *values, age, each.problem)
        out.print(table)
    if any(each.problem for each in rows):
        raise typer.Exit(1)
