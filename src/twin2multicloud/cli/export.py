"""t2mc export: what a twin has and is made of, for use without t2mc."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_error, say_note
from twin2multicloud.cli.deploy import pairs
from twin2multicloud.cli.moments import instant
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import FolderFirst, say_notes
from twin2multicloud.operations.exporting import Exported, export_readings, target_of
from twin2multicloud.operations.reading_files import Format
from twin2multicloud.operations.terraform_export import export as export_terraform
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.places import typed
from twin2multicloud.terraform.rollout import chosen as chosen_rollout

export_app = typer.Typer(
    add_completion=False,
    help="Take a twin out of t2mc: its readings as files, its deployment as a repository.",
    no_args_is_help=True,
)

_SHOWN = 8  # devices whose readings have to be restored


@export_app.callback()
def group() -> None:
    """Take a twin out of t2mc: its readings as files, its deployment as a repository."""


@export_app.command("readings")
def readings(
    folder: FolderFirst,
    to: Annotated[
        Path, typer.Option(help="A file (.parquet, .csv, .jsonl), or else a folder: a file for each device.")
    ],
    devices: Annotated[list[str] | None, typer.Argument(help="The devices; by default all.")] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="By default as the file's name says; parquet in a folder.")
    ] = None,
    since: Annotated[str, typer.Option(help="Start: 90d, or a time; by default all.")] = "",
    until: Annotated[str, typer.Option(help="End; by default now.")] = "",
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
) -> None:
    """Write readings of all ages to Parquet, CSV or JSON lines: a row for each value, by device and time.

    A file that is there is replaced. Exit code 1 where the export is not whole, because archived readings have to be
    restored first; the rest is written. Parquet needs the extra parquet.

    Example: t2mc export readings examples/smart-home --to readings.parquet --since 30d
    """
    target = target_of(to, form)
    twin = open_twin(folder, deployed=deployed)
    chosen = tuple(dict.fromkeys(devices or twin.catalog.ids()))
    now = twin.now
    start = {"start": instant(since, now)} if since else {}
    steps = export_readings(twin, chosen, target, end=instant(until, now) if until else now, **start)
    done = Exported()
    with progress_line("exporting", len(chosen)) as update:
        for done in steps:
            update(completed=done.devices, description=f"exporting: {done.values:,} values")
    count = "1 device" if len(chosen) == 1 else f"{len(chosen):,} devices"
    out.print(f"{escape(str(to))}: {done.values:,} values of {count}", soft_wrap=True)
    if done.archived:
        _say_missing(done, typed(folder))
        raise typer.Exit(1)


def _say_missing(done: Exported, folder: str) -> None:
    for device, chunks in [*done.archived.items()][:_SHOWN]:
        count = f"{len(chunks):,} archived chunk{'' if len(chunks) == 1 else 's'}"
        say_error(
            f"not whole: {count} of {device} have to be restored first, from {chunks[0]} to {chunks[-1]}; "
            f"`t2mc restore {folder} {device}` asks for them"
        )
    if len(done.archived) > _SHOWN:
        say_error(f"not whole: so it is with {len(done.archived) - _SHOWN:,} more devices")


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
    made = export_terraform(chosen_rollout(project, pairs("--var", var), bundles), target)
    out.print(f"{escape(str(target))}: the configuration, {made.archives} archives and a README", soft_wrap=True)
    for note in made.notes:
        say_note(note)
