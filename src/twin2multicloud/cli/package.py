"""t2mc package: a twin's functions as archives, one per function and cloud, with a report of their sizes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from twin2multicloud.cli.console import cloud_text, make_table, out, say_json, say_note
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.archives import package as build_archives
from twin2multicloud.packaging.report import BundleReport
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.loader import load_project


def package(
    folder: Folder = Path(),
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Where to write the archives.", show_default="the project's .t2mc/bundles"),
    ] = None,
    wheels: Annotated[
        bool,
        typer.Option(help="Fetch missing packages with pip. Without it, AWS and Azure archives are incomplete."),
    ] = True,
    measure: Annotated[int, typer.Option(min=0, help="Cold imports to measure per archive; 0 measures none.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Build one archive per function and cloud. The same project gives the same bytes.

    Example: t2mc package examples/smart-home --to build
    """
    project = load_project(folder)
    made = build_archives(project, to=to, wheels=wheels, measure=measure)
    if as_json:
        say_json(made.reports)
        return
    say_notes(project)
    if made.left_out:
        say_note(f"planned, but there is no code for it yet: {', '.join(made.left_out)}")
    if made.incomplete:
        names = " and ".join(map(label_of, made.incomplete))
        say_note(f"without wheels, archives for {names} lack what their runtimes lack")
    out.print(report_table(made.reports))
    out.print(f"{len(made.reports)} archives in {made.folder}")


def report_table(reports: Sequence[BundleReport]) -> Table:
    """A line per archive: sizes in kilobytes of 1,000 bytes, cold imports in milliseconds."""
    table = make_table("bundles", "cloud", "function", ">KB", ">our code KB", ">cold import ms", ">of it ours")
    for each in reports:
        cold = (f"{each.cold.total_ms:.0f}", f"{each.cold.own_ms:.0f}") if each.cold else ("", "")
        sizes = (f"{each.bytes / 1000:.0f}", f"{each.own_bytes / 1000:.0f}")
        table.add_row(cloud_text(Cloud(each.cloud)), each.function, *sizes, *cold)
    return table
