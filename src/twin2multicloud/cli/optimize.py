"""t2mc optimize: the cheapest placement of a workload. Owns its options and its output; prices nothing."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType

from twin2multicloud.cli import cost_tables as tables
from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.prices import BookPath
from twin2multicloud.costs.constraints import Constraints, parse_fixed, parse_residency
from twin2multicloud.costs.optimizer import Result, optimize, pareto_front
from twin2multicloud.costs.paper_choice import PaperResult, solve
from twin2multicloud.costs.paper_tables import INCONSISTENCIES, NOTES, PRESETS, table_rows
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.sensitivity import price_flips, workload_flips
from twin2multicloud.costs.workload import PAPER_FIGURES
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.operations.choosing import Workloads, apply_placement, draw, move_to, read_workloads
from twin2multicloud.operations.moving_slots import left_behind
from twin2multicloud.operations.prices import load_book
from twin2multicloud.planning.clouds import known_cloud
from twin2multicloud.project.loader import load_project

Extra = tuple[str, object, RenderableType]


class Model(StrEnum):
    """Which formulas count."""

    OURS = "ours"
    PAPER = "paper"


Folder = Annotated[Path | None, typer.Argument(help="The project folder, to read workload figures from.")]
Residency = Annotated[
    list[str] | None, typer.Option("--residency", metavar="SLOT=DE,NL", help="Countries that may hold a slot's data.")
]


def optimize_command(
    project: Folder = None,
    workload: Annotated[Path | None, typer.Option("--workload", "-w", help="The workload as a JSON file.")] = None,
    preset: Annotated[str | None, typer.Option(help=f"One of the paper's scenarios: {', '.join(PRESETS)}.")] = None,
    devices: Annotated[int | None, typer.Option(help="How many devices.", min=1)] = None,
    interval: Annotated[float | None, typer.Option(help="Minutes between a device's messages.")] = None,
    message_kb: Annotated[float | None, typer.Option(help="KB per message.")] = None,
    model: Annotated[Model, typer.Option(help="Cost model: ours, or the published one.")] = Model.OURS,
    prices: BookPath = None,
    fix: Annotated[list[str] | None, typer.Option(metavar="SLOT=CLOUD", help="Keep a slot on a cloud.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(metavar="CLOUD", help="Leave a cloud out.")] = None,
    residency: Residency = None,
    max_clouds: Annotated[int | None, typer.Option(help="Maximum number of clouds.")] = None,
    pareto: Annotated[bool, typer.Option(help="The Pareto front of cost, latency and carbon.")] = False,
    sensitivity: Annotated[bool, typer.Option(help="Which single price or figure changes the choice.")] = False,
    moving: Annotated[bool, typer.Option(help="The cost of leaving the project's present placement.")] = False,
    details: Annotated[bool, typer.Option(help="Every meter.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON, unrounded.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every meter as CSV, unrounded.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Write a picture (SVG): by layer, and the break-even map.")] = None,
    apply: Annotated[bool, typer.Option(help="Write the placement to the project, with a record.")] = False,
    paper_tables: Annotated[bool, typer.Option(help="The paper's tables VII and VIII beside ours.")] = False,
) -> None:
    """Price every placement of a workload per month, and show the cheapest, the reasons and the margin.

    Example: t2mc optimize --preset medium --sensitivity
    """
    if paper_tables:
        _say_paper_tables()
        return
    figures = {"devices": devices, "interval_min": interval, "message_kb": message_kb}
    named: dict[str, object] = {name: value for name, value in figures.items() if value is not None}
    given = read_workloads(project, workload, preset, named)
    if model is Model.PAPER:
        _answer_paper(given, as_json=as_json, as_csv=as_csv)
        return
    if (apply or moving) and project is None:
        raise ConfigurationError("--apply and --moving need the project folder: t2mc optimize FOLDER …")
    if len(given.by_id) != 1:
        raise ConfigurationError(f"found {len(given.by_id)} workloads, expected one: only --model paper takes several")
    constraints = Constraints(
        fixed=parse_fixed(fix or ()),
        forbidden=tuple(known_cloud(each) for each in forbid or ()),
        residency=parse_residency(residency or ()),
        max_clouds=max_clouds,
    )
    book = load_book(prices)
    result = optimize(next(iter(given.by_id.values())), book, constraints)
    extras = list(_extras(given, result, book, constraints, pareto=pareto, sensitivity=sensitivity))
    if moving and project is not None:
        move = move_to(result, project, book)
        extras.append(("move", move, tables.move_table(move)))
    _print(result, extras, as_json=as_json, as_csv=as_csv, details=details)
    written = [draw(chart, result, book, constraints)] if chart is not None else []
    written += _apply(project, result, given) if apply and project is not None else []
    if not (as_json or as_csv):
        for path in written:
            out.print(f"wrote {path}", soft_wrap=True)


def _apply(project: Path, result: Result, given: Workloads) -> list[Path]:
    for sentence in left_behind(load_project(project).twin.placement, result.placement):
        say_note(sentence)
    return apply_placement(project, result, given.derived)


def _extras(
    given: Workloads, result: Result, book: PriceBook, constraints: Constraints, *, pareto: bool, sensitivity: bool
) -> Iterator[Extra]:
    """The requested extras beside the placement: name in the JSON, value and rendering."""
    asked = (result.workload, book, constraints)
    if given.derived:
        yield "derived", given.derived, tables.derived_text(given.derived)
    if pareto:
        front = pareto_front(*asked)
        yield "pareto", front, tables.pareto_table(front)
    if sensitivity:
        of_prices, of_workload = price_flips(*asked), workload_flips(*asked)
        yield "price_flips", of_prices, tables.flips_table(of_prices, "single prices that flip the choice")
        title = "single figures of the workload that flip the choice"
        yield "workload_flips", of_workload, tables.flips_table(of_workload, title)


def _print(result: Result, extras: Sequence[Extra], *, as_json: bool, as_csv: bool, details: bool) -> None:
    if as_json:
        say_json(msgspec.to_builtins(result) | {name: each for name, each, _ in extras})
        return
    if as_csv:
        typer.echo(tables.lines_csv(result), nl=False)
        return
    out.print(tables.slots_table(result))
    out.print(tables.tiers_table(result))
    out.print(tables.variants_table(result))
    out.print(tables.baselines_table(result))
    out.print(tables.batching_table(result))
    if details:
        out.print(tables.lines_table(result))
    for *_, shown in extras:
        out.print(shown)
    out.print(f"[dim]prices: {result.prices}, digest {result.price_digest}[/]", soft_wrap=True)
    out.print(f"[dim]{result.proof}[/]", soft_wrap=True)


def _answer_paper(given: Workloads, *, as_json: bool, as_csv: bool) -> None:
    results = {name: solve(each) for name, each in given.by_id.items()}
    if as_csv:
        typer.echo(tables.paper_csv(results), nl=False)
        return
    if as_json:
        answers = {name: _paper_json(name, each) for name, each in results.items()}
        say_json({"scenarios": answers} if given.listed else next(iter(answers.values())))
        return
    for name, each in results.items():
        out.print(tables.paper_table(name, each))
        out.print(tables.paper_choice_text(each), soft_wrap=True)


def _paper_json(name: str, result: PaperResult) -> dict[str, object]:
    answer: dict[str, object] = msgspec.to_builtins(result)
    figures = {figure: getattr(result.workload, figure) for figure in PAPER_FIGURES}
    return {"id": name, **answer, "workload": figures}


def _say_paper_tables() -> None:
    out.print(tables.paper_scenarios_table())
    out.print(tables.paper_totals_table(table_rows()))
    for n, text in enumerate(INCONSISTENCIES, 1):
        out.print(f"[bold]Inconsistency {n}.[/] {text}", soft_wrap=True)
    for text in NOTES:
        out.print(f"[dim]Note: {text}[/]", soft_wrap=True)
