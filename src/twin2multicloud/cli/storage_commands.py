"""t2mc move, clock: readings through the storage tiers, and the time of the emulated clouds."""

from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import make_table, out, say_json
from twin2multicloud.cli.moments import span
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import Folder, FolderFirst
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.storage import Moved, clock_of, reset_clock, set_clock
from twin2multicloud.operations.storage import move as move_due
from twin2multicloud.operations.twin import open_twin

clock_app = typer.Typer(
    add_completion=False,
    help="The time of the emulated clouds, which their schedules follow: show, set and advance it.",
    no_args_is_help=True,
)


def move(
    folder: Folder = Path(),
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Move readings past their retention from the hot store to the cold store, and on to the archive.

    The movers run every day by themselves; this runs them now.

    Example: t2mc move examples/room-climate
    """
    twin = open_twin(folder, deployed=deployed)
    with progress_line("moving", None) as update:
        done = move_due(twin, lambda total: update(description=_sentence(total)))
    if as_json:
        say_json(done)
        return
    table = make_table("moved", "mover", ">objects", ">readings", ">bytes")
    for each in done:
        table.add_row(each.mover, f"{each.objects:,}", f"{each.readings:,}", f"{each.size:,}")
    out.print(table)


def _sentence(total: Moved) -> str:
    return f"{total.mover}: {total.readings:,} readings in {total.objects:,} objects"


@clock_app.command("show")
def show(folder: Folder = Path()) -> None:
    """Print the time of the emulated clouds.

    Example: t2mc clock show examples/room-climate
    """
    out.print(clock_of(load_deployment(folder)).now())


@clock_app.command("set")
def set_time(
    folder: FolderFirst,
    time: Annotated[str, typer.Argument(help="A time, as in 2026-01-01 or 2026-01-01T12:00Z.")],
    speed: Annotated[float | None, typer.Option(help="How many seconds pass in one.", min=0.0)] = None,
) -> None:
    """Set the time of the emulated clouds, and run the schedules that are due then.

    Example: t2mc clock set examples/room-climate 2026-01-01
    """
    out.print(set_clock(load_deployment(folder), time, speed))


@clock_app.command("advance")
def advance(
    folder: FolderFirst,
    by: Annotated[str, typer.Argument(help="A span: 15m, 12h, 40d.")],
    speed: Annotated[float | None, typer.Option(help="How many seconds pass in one from then on.", min=0.0)] = None,
) -> None:
    """Advance the time of the emulated clouds, and run the schedules that are due then.

    Example: t2mc clock advance examples/room-climate 40d
    """
    out.print(set_clock(load_deployment(folder), span(by), speed))


@clock_app.command("reset")
def reset(folder: Folder = Path()) -> None:
    """Go back to this machine's time.

    Example: t2mc clock reset examples/room-climate
    """
    deployment = load_deployment(folder)
    reset_clock(deployment)
    out.print(clock_of(deployment).now())
