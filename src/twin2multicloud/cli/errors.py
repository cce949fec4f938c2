"""t2mc errors: the error events of a twin, from the error tables of its clouds: list, by problem, follow."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import cloud_text, err, make_table, out, say_json
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.moments import Since, instant
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.errors import ConfigurationError, ErrorEvent, Severity
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.operations.error_events import grouped_errors
from twin2multicloud.operations.twin import OperatedTwin, open_twin

_MOST = 10_000  # events of each cloud that are looked through
_EVERY = 1.0  # s between two questions of --follow
_OVERLAP = timedelta(minutes=5)  # by which an event may be late at its table, to be seen by --follow
_COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def errors(
    folder: Folder = Path(),
    since: Since = "",
    severity: Annotated[Severity | None, typer.Option(help="Only this severity.", case_sensitive=False)] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of events, newest first.", min=1)] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on: print each event as it comes.")] = False,
    problems: Annotated[
        bool, typer.Option("--problems", help="One line for each problem: how often, first and last.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; with --follow a line for each event.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = False,
) -> None:
    """List the error events of a twin, newest first. Exit code 1 if a cloud is down.

    Example: t2mc errors examples/smart-home --since 1h --severity CRITICAL
    """
    if follow and (problems or as_csv):
        raise ConfigurationError("--follow prints events as they come, as text or with --json; leave the other out")
    twin = open_twin(folder, deployed=deployed)
    start = instant(since) if since else ""
    if follow:
        for event in follow_errors(twin, start):
            if severity in (None, event.severity):
                say_event(event, as_json=as_json)
        return
    found, dark = twin.errors(_MOST if severity or problems else limit, start)
    chosen = [each for each in found if severity in (None, each.severity)]
    if problems:
        _say_problems(chosen, as_json, as_csv)
    else:
        _say_events(chosen[:limit], as_json, as_csv)
    for cloud in dark:
        err.print(f"{cloud} does not answer")
    if dark:
        raise typer.Exit(1)


def follow_errors(
    twin: OperatedTwin, start: str, sleep: Callable[[float], None] = time.sleep, rounds: int | None = None
) -> Iterator[ErrorEvent]:
    """The events from `start` on, oldest first, and then each as it comes; without an end, or for so many questions."""
    seen: set[str] = set()
    dark: list[Cloud] = []
    for number in count() if rounds is None else range(rounds):
        if number:
            sleep(_EVERY)
        found, now_dark = twin.errors(_MOST, start)
        for cloud in [each for each in now_dark if each not in dark]:
            err.print(f"{cloud} does not answer; its events come when it does")
        dark = now_dark
        new = [each for each in reversed(found) if each.id not in seen]
        yield from new
        if found and not dark:
            start = max(start, from_datetime(to_datetime(found[0].timestamp) - _OVERLAP))
            seen = {each.id for each in found if each.timestamp >= start}
        else:
            seen |= {each.id for each in new}


def say_event(event: ErrorEvent, *, as_json: bool = False) -> None:
    """One error event as a line."""
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(event).decode())
        return
    where = f"{event.cloud_provider} {event.component} {event.error_code}"
    out.print(f"{event.timestamp} {_severity(event.severity)} {where} ({event.count:,}) {escape(event.message)}")


def _say_events(events: Sequence[ErrorEvent], as_json: bool, as_csv: bool) -> None:
    if as_json:
        say_json(events)
    elif events or as_csv:
        table = make_table("error events", "time", "severity", "cloud", "component", "code", ">messages", "message")
        for each in events:
            row = (each.component, each.error_code, f"{each.count:,}", escape(each.message))
            table.add_row(each.timestamp, _severity(each.severity), each.cloud_provider, *row)
        say_table(table, as_csv=as_csv)
        _say_where_to_look(as_csv)
    else:
        out.print("no error events")


def _say_problems(events: Sequence[ErrorEvent], as_json: bool, as_csv: bool) -> None:
    groups = grouped_errors(events)
    if as_json:
        say_json(groups)
    elif groups or as_csv:
        columns = ("severity", "cloud", "component", "code", ">messages", "first", "last", "message")
        table = make_table("problems", *columns)
        for each in groups:
            row = (each.component, each.code, f"{each.messages:,}", each.first, each.newest, escape(each.message))
            table.add_row(_severity(each.severity), cloud_text(each.cloud), *row)
        say_table(table, as_csv=as_csv)
        _say_where_to_look(as_csv)
    else:
        out.print("no error events")


def _say_where_to_look(as_csv: bool) -> None:
    if not as_csv:
        out.print("[dim]docs/errors.md says what each code means and what to do[/]")


def _severity(severity: Severity) -> str:
    return f"[{_COLOURS[severity]}]{severity}[/]"
