"""t2mc dlq: the dead letters of a twin: list, show, send again, drop."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import cloud_text, err, make_table, out, say_json
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.devices import ask
from twin2multicloud.cli.moments import Since, instant
from twin2multicloud.cli.project_commands import Folder, FolderFirst
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.operations.dead_letters import OUTAGE, REFUSED, Letter, Outcome, Selection, TwinLetters, grouped
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.project.places import did_you_mean, quoted

dlq_app = typer.Typer(
    add_completion=False, help="Dead letters: list, show, send again (redrive) and drop them.", no_args_is_help=True
)

Boundary = Annotated[str, typer.Option(help="Only of this boundary, as `t2mc dlq list` names it.")]
Reason = Annotated[str, typer.Option(help="Only with this text in the reason.")]
Device = Annotated[str, typer.Option(help="Only of this device.")]
Cause = Annotated[str, typer.Option(help=f"Only {REFUSED} or {OUTAGE}.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this letter; may be repeated.")]
Deployed = Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@dlq_app.command("list")
def list_letters(
    folder: Folder = Path(),
    boundary: Boundary = "",
    reason: Reason = "",
    device: Device = "",
    cause: Cause = "",
    since: Since = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    deployed: Deployed = False,
) -> None:
    """List dead letters by boundary and reason. Exit code 1 if a cloud is down.

    Example: t2mc dlq list examples/smart-home --device kitchen-climate
    """
    twin = open_twin(folder, deployed=deployed).letters
    letters, outcomes = twin.find(_selection(twin, None, boundary, reason, device, cause, since))
    groups = grouped(letters)
    if as_json:
        say_json({"groups": groups, "clouds": outcomes})
    elif groups or as_csv:
        table = make_table("dead letters", "cloud", "boundary", ">messages", "cause", "newest", "for example", "reason")
        for each in groups:
            example, why = escape(each.example), escape(each.reason)
            row = (each.boundary, f"{each.messages:,}", each.cause, each.newest, example, why)
            table.add_row(cloud_text(each.cloud), *row)
        say_table(table, as_csv=as_csv)
        if not as_csv and any(each.cause == REFUSED for each in groups):
            out.print("[dim]t2mc dlq redrive sends them again, once the reason is mended; t2mc dlq show prints one[/]")
    else:
        out.print("no dead letters")
    _say_problems(outcomes)


@dlq_app.command("show")
def show_letters(
    folder: FolderFirst,
    letter: Annotated[str, typer.Argument(help="Id of the letter, as `t2mc dlq list` names it.")],
    as_json: AsJson = False,
    deployed: Deployed = False,
) -> None:
    """Show one dead letter as it came: topic, time, reason and content.

    Example: t2mc dlq show examples/smart-home aws-12
    """
    letters, outcomes = open_twin(folder, deployed=deployed).letters.find(Selection(ids=(letter,)))
    if not letters:
        _say_problems(outcomes)
        raise ConfigurationError(f"{quoted(letter)}: no such dead letter; `t2mc dlq list` names one of each reason")
    say_json(letters[0]) if as_json else _print_letter(letters[0])


@dlq_app.command("redrive")
def redrive_letters(
    folder: Folder = Path(),
    letter: Ids = None,
    boundary: Boundary = "",
    reason: Reason = "",
    device: Device = "",
    cause: Cause = "",
    since: Since = "",
    as_json: AsJson = False,
    deployed: Deployed = False,
) -> None:
    """Send dead letters again, all or the chosen ones. What is refused again is a dead letter again.

    Example: t2mc dlq redrive examples/smart-home --reason "not JSON"
    """
    twin = open_twin(folder, deployed=deployed).letters
    selection = _selection(twin, letter, boundary, reason, device, cause, since)
    _carry_out(lambda: twin.redrive(selection), "on their way again", as_json)


@dlq_app.command("drop")
def drop_letters(
    folder: Folder = Path(),
    letter: Ids = None,
    boundary: Boundary = "",
    reason: Reason = "",
    device: Device = "",
    cause: Cause = "",
    since: Since = "",
    yes: Yes = False,
    as_json: AsJson = False,
    deployed: Deployed = False,
) -> None:
    """Remove dead letters for good, all or the chosen ones. Asks first.

    Example: t2mc dlq drop examples/smart-home --boundary "devices → L1" --yes
    """
    twin = open_twin(folder, deployed=deployed).letters
    selection = _selection(twin, letter, boundary, reason, device, cause, since)
    if not yes:
        count = sum(each.messages for each in twin.find(selection)[0])
        err.print(f"{count:,} messages will be removed from the dead letters for good")
        ask()
    _carry_out(lambda: twin.drop(selection), "dropped", as_json)


def _selection(
    twin: TwinLetters, ids: list[str] | None, boundary: str, reason: str, device: str, cause: str, since: str
) -> Selection:
    """The letters that options name. Raises ConfigurationError for an unknown boundary or cause."""
    for value, known, option in (
        (boundary, twin.boundaries, "--boundary"),
        (cause, (REFUSED, OUTAGE), "--cause"),
    ):
        if value and value not in known:
            hint = did_you_mean(value, known) or f"it is one of {', '.join(map(quoted, known))}"
            raise ConfigurationError(f"{option} {quoted(value)}: there is none; {hint}")
    start = instant(since) if since else ""
    return Selection(ids=tuple(ids or ()), boundary=boundary, reason=reason, device=device, cause=cause, since=start)


def _carry_out(work: Callable[[], Sequence[Outcome]], doing: str, as_json: bool) -> None:
    outcomes = work()
    if as_json:
        say_json(outcomes)
    else:
        for each in outcomes:
            if not each.problem:
                out.print(cloud_text(each.cloud), f"{each.messages:,} messages are {doing}")
    _say_problems(outcomes)


def _say_problems(outcomes: Sequence[Outcome]) -> None:
    """Name the clouds on which nothing was done; exit code 1 if there are any."""
    problems = [each.problem for each in outcomes if each.problem]
    for problem in problems:
        err.print(f"[red]error:[/] {escape(problem)}", soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def _print_letter(letter: Letter) -> None:
    lines = {
        "boundary": f"{letter.boundary} on {letter.cloud}",
        "reason": letter.reason or "none given: its queue gave up",
        "cause": letter.cause,
        "dead-lettered": letter.at,
        "arrived": letter.received_at,
        "topic": letter.topic,
        "devices": ", ".join(letter.devices),
        "messages": f"{letter.messages:,}",
    }
    for name, value in lines.items():
        if value:
            out.print(f"[dim]{name:<14}[/]{escape(value)}", soft_wrap=True, highlight=False)
    sys.stdout.write(f"{letter.content}\n")
