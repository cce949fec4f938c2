"""t2mc move, storage, restore, erase, clock: readings in the storage tiers, and the time of the emulated clouds."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from twin2multicloud.cli.console import cloud_text, make_table, out, say_error, say_json, say_note
from twin2multicloud.cli.devices import ask
from twin2multicloud.cli.moments import instant, span
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import Folder, FolderFirst
from twin2multicloud.cli.tables import tiers_table
from twin2multicloud.costs.restoring import restore_cost
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.prices import load_book
from twin2multicloud.operations.storage import Moved, archived_chunks, clock_of, reset_clock, set_clock, tiers
from twin2multicloud.operations.storage import erase as erase_device
from twin2multicloud.operations.storage import move as move_due
from twin2multicloud.operations.storage import restore as ask_for
from twin2multicloud.operations.twin import OperatedTwin, open_twin, properties_of
from twin2multicloud.planning.clouds import label_of

Device = Annotated[str, typer.Argument(help="The device.", show_default=False)]
Deployed = Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

clock_app = typer.Typer(
    add_completion=False,
    help="The time of the emulated clouds, which their schedules follow: show, set and advance it.",
    no_args_is_help=True,
)


def move(
    folder: Folder = Path(),
    deployed: Deployed = False,
    as_json: AsJson = False,
) -> None:
    """Move readings past their retention from the hot store to the cold store, and on to the archive.

    The movers run by themselves, each device twice a day; this moves all that is due now.

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


def storage(folder: Folder = Path(), deployed: Deployed = False, as_json: AsJson = False) -> None:
    """Show what the cold store and the archive hold, and of which time.

    Their clouds list all objects for it, which they charge for.

    Example: t2mc storage examples/room-climate
    """
    found = tiers(open_twin(folder, deployed=deployed))
    if as_json:
        say_json([{"cloud": cloud, **msgspec.to_builtins(tier)} for cloud, tier in found])
    else:
        out.print(tiers_table(found))


def restore(
    folder: FolderFirst,
    device: Device,
    since: Annotated[str, typer.Option(help="Start: 90d, or a time; by default all.")] = "",
    until: Annotated[str, typer.Option(help="End; by default now.")] = "",
    deployed: Deployed = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Ask for archived readings, so that they can be read; shows the price and asks first.

    Asking again for what is on its way shows when it is there.

    Example: t2mc restore examples/room-climate room-1 --since 400d
    """
    twin = _twin_with(folder, device, deployed)
    now = twin.now
    start, end = instant(since, now) if since else "", instant(until, now) if until else now
    chunks = archived_chunks(twin, device, start, end)
    count = len(chunks.names)
    if not count:
        say_json({"chunks": 0}) if as_json else out.print("nothing has to be restored: all of it can be read")
        return
    price = restore_cost(chunks.cloud, count, chunks.size / 1024**3, load_book(None))
    if not as_json:
        out.print(
            f"{count:,} chunks ({chunks.size:,} bytes) in the archive on {label_of(chunks.cloud)}: "
            f"about ${price.total:,.4f} at list price, readable after up to {price.hours or 0:g} h. {price.note}",
            soft_wrap=True,
        )
    if not yes:
        ask()
    with progress_line("asking", count) as update:
        ready = ask_for(twin, chunks.names, lambda done: update(completed=done))
    last = max(ready.values())
    if as_json:
        say_json({"chunks": count, "bytes": chunks.size, "usd": price.total, "ready": last})
    elif last > twin.now:
        out.print(f"all can be read from {last} on")
    else:
        out.print("all can be read now")


def erase(
    folder: FolderFirst,
    device: Device,
    deployed: Deployed = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase a device's readings from all stores, on every cloud, for good.

    Dead letters that hold nothing but its readings are dropped too. What it sends afterwards is stored: take it out
    of the project first. Prints a report, with --json one for the records. Exit code 1 where readings still arrive or
    dead letters were not reached.

    Example: t2mc erase examples/smart-home kitchen-climate
    """
    twin = open_twin(folder, deployed=deployed)
    if not yes:
        out.print(f"all readings of {escape(device)}, in every store and on every cloud, are deleted for good")
        ask()
    with progress_line("erasing", None) as update:
        done = erase_device(twin, device, lambda each: update(description=f"{each.slot}: {each.readings:,} readings"))
    if as_json:
        say_json(done)
    else:
        table = make_table(f"erased: {escape(device)}", "store", "cloud", ">readings", ">objects", ">bytes")
        for each in done.stores:
            counts = (f"{count:,}" for count in (each.readings, each.objects, each.size))
            table.add_row(each.slot, cloud_text(each.cloud), *counts)
        out.print(table)
        out.print(f"dead letters dropped: {done.dead_letters:,}")
        if done.mixed_letters:
            say_note(
                f"{done.mixed_letters:,} dead letters hold readings of other devices too and are still there; "
                f"t2mc dlq list --device {device} shows them"
            )
    if done.arriving:
        say_error(f"{device} still sends, or a mover is at work: take it out of the project and erase it again")
    for problem in done.problems:
        say_error(problem)
    raise typer.Exit(1 if done.problems or done.arriving else 0)


def _twin_with(folder: Path, device: str, deployed: bool) -> OperatedTwin:
    """The twin, which has that device. Raises ConfigurationError."""
    twin = open_twin(folder, deployed=deployed)
    properties_of(twin.catalog, device)
    return twin


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
