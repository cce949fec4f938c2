"""t2mc package: a twin's functions as archives, one per function and cloud, with a report of what they weigh."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from twin2multicloud.cli.console import cloud_text, err, out, say_json
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packaging import build
from twin2multicloud.packaging.report import Report, report
from twin2multicloud.planning.clouds import label_of, packaging_of
from twin2multicloud.planning.coverage import cover
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.state_folder import StateFolder


def package(
    folder: Folder = Path(),
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Where to write the archives.", show_default="the project's .t2mc/bundles"),
    ] = None,
    wheels: Annotated[
        bool,
        typer.Option(help="Fetch, with pip, what the runtimes lack. Without, AWS and Azure archives are not complete."),
    ] = True,
    measure: Annotated[int, typer.Option(min=0, help="Cold imports to measure per archive; 0 measures none.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Build one archive per function and cloud. The same project gives the same bytes.

    Example: t2mc package examples/smart-home --to build
    """
    project = load_project(folder)
    state = StateFolder.of(project.folder)
    target = to or state.bundles
    made = build.package(project, cache=state.wheels if wheels else None)
    build.write(made, target)
    reports = [report(each, rounds=measure) for each in made]
    if as_json:
        say_json(reports)
        return
    say_notes(project)
    if gaps := cover(plan(project.twin), ()).functions_left_out:
        err.print(f"[dim]note: planned, but there is no code for it yet: {', '.join(gaps)}[/]", soft_wrap=True)
    vendored = [label_of(each) for each in project.twin.placement.clouds if packaging_of(each).vendored]
    if not wheels and vendored:
        names = " and ".join(vendored)
        err.print(f"[dim]note: without wheels, archives for {names} lack what their runtimes lack[/]", soft_wrap=True)
    out.print(report_table(reports))
    out.print(f"{len(made)} archives in {target}")


def report_table(reports: Sequence[Report]) -> Table:
    """A line per archive: sizes in kilobytes of 1,000 bytes, cold imports in milliseconds."""
    table = Table(title="bundles", title_justify="left", title_style="bold", box=None, header_style="dim")
    table.add_column("cloud")
    table.add_column("function")
    for column in ("KB", "our code KB", "cold import ms", "of it ours"):
        table.add_column(column, justify="right")
    for each in reports:
        cold = (f"{each.cold.total_ms:.0f}", f"{each.cold.own_ms:.0f}") if each.cold else ("", "")
        sizes = (f"{each.bytes / 1000:.0f}", f"{each.own_bytes / 1000:.0f}")
        table.add_row(cloud_text(Cloud(each.cloud)), each.function, *sizes, *cold)
    return table
