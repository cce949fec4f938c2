"""t2mc rehearse: each cloud dark for a while, and what that costs. Decides nothing."""

from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import cloud_text, make_table, out, say_error, say_json
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.planning.clouds import known_cloud, label_of
from twin2multicloud.proving.rehearsal import Rehearsal, rehearsal_of, rehearse_outages

_MOST_FINDINGS = 10


def rehearse(
    folder: Folder = Path(),
    dark: Annotated[
        list[str] | None, typer.Option("--dark", help="The cloud that goes dark; by default each, one after another.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.5, max=240, help="How long it is dark, in virtual minutes.")] = 10.0,
    publishes: Annotated[int, typer.Option(min=1, max=600, help="How many publishes a minute devices send.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Rehearse outages: one cloud dark while devices go on publishing. Exit code 1 if anything is lost.

    It happens twice to each cloud: its processes end and connections are refused; then it is silent, and requests time
    out. The clouds run in one process on a virtual clock, so that ten minutes take seconds. Touches no running twin and
    no file of the project. Example: t2mc rehearse examples/smart-home --dark azure
    """
    wanted = [known_cloud(each) for each in dark or ()]
    done = []
    with progress_line("rehearsing", None) as update:
        update(description="rehearsing the first outage")
        for each in rehearse_outages(folder, wanted, minutes=minutes, publishes_a_minute=publishes):
            done.append(each)
            update(description=f"rehearsed: {label_of(each.cloud)} {each.darkness}, drained in {each.drained_s:g} s")
    _say(rehearsal_of(folder, done, minutes=minutes, publishes_a_minute=publishes), as_json=as_json)


def _say(rehearsal: Rehearsal, *, as_json: bool) -> None:
    if as_json:
        say_json(rehearsal)
    else:
        table = make_table(
            f"{rehearsal.project}: each cloud dark for {rehearsal.minutes:g} minutes at "
            f"{rehearsal.publishes_a_minute} publishes a minute",
            "dark",
            "holds",
            "how",
            ">acknowledged",
            ">sent again",
            ">most waiting",
            ">drained",
            ">dead letters",
            ">wrong",
        )
        for each in rehearsal.outages:
            table.add_row(
                cloud_text(each.cloud),
                ", ".join(each.slots),
                each.darkness,
                f"{each.acknowledged:,}",
                f"{each.sent_again:,}",
                f"{each.most_waiting:,} B",
                f"{each.drained_s:,.0f} s",
                f"{each.dead_letters:,}",
                f"{len(each.findings):,}",
            )
        out.print(table)
        for each in rehearsal.outages:
            for finding in each.findings[:_MOST_FINDINGS]:
                say_error(f"{label_of(each.cloud)} {each.darkness}: {finding}")
    if not rehearsal.holds:
        raise typer.Exit(1)
