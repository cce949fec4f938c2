"""t2mc events: what the event rules of a twin fired: list, follow, acknowledge."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from twin2multicloud.cli.console import err, make_table, out, say_json
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.moments import Since, instant
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.operations.events import events_of
from twin2multicloud.operations.twin import open_twin

_SHOWN_ID = 8  # characters that tell an event from the others


def events(
    folder: Folder = Path(),
    since: Since = "",
    limit: Annotated[int, typer.Option(help="Maximum number of events, newest first.", min=1)] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on: print each event as it comes.")] = False,
    acknowledge: Annotated[str, typer.Option(help="Note that somebody has seen the event of this id.")] = "",
    note: Annotated[str, typer.Option(help="What to say of it, with --acknowledge.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; with --follow a line for each event.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
) -> None:
    """List the events that a twin's rules fired, newest first; follow or acknowledge them.

    Example: t2mc events examples/factory --since 1h
    """
    if follow and (acknowledge or as_csv):
        raise ConfigurationError("--follow prints events as they come, as text or with --json; leave the other out")
    if note and not acknowledge:
        raise ConfigurationError("--note needs --acknowledge and the id of an event")
    found = events_of(open_twin(folder, deployed=deployed))
    start = instant(since) if since else ""
    try:
        if acknowledge:
            first = found.acknowledge(acknowledge, note)
            out.print("acknowledged" if first else "it was acknowledged before; the first note stays")
        elif follow:
            for each in found.follow(start, lambda: err.print("L2's cloud does not answer; events come when it does")):
                _print_line(each, as_json)
        else:
            _say(found.newest(limit, start), as_json, as_csv)
    except RetryableError as error:
        err.print(f"L2's cloud does not answer: {escape(str(error))}")
        raise typer.Exit(1) from error


def _print_line(each: KeptEvent, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(each).decode())
    else:
        event = each.event
        out.print(escape(f"{event.timestamp} {event.id[:_SHOWN_ID]} {event.rule} {event.device_id} {_values(each)}"))


def _say(found: list[KeptEvent], as_json: bool, as_csv: bool) -> None:
    if as_json:
        say_json(found)
    elif found or as_csv:
        table = make_table("events", "time", "id", "rule", "device", "values", "action done", "acknowledged")
        for each in found:
            event, note = each.event, each.acknowledged
            seen = "" if note is None else " ".join(filter(None, (note.at, note.note)))
            row = (event.id[:_SHOWN_ID], event.rule, event.device_id, _values(each), each.acted_at, seen)
            table.add_row(event.timestamp, *map(escape, row))
        say_table(table, as_csv=as_csv)
    else:
        out.print("no events")


def _values(each: KeptEvent) -> str:
    return ", ".join(f"{name} {value}" for name, value in each.event.values.items())
