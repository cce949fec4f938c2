"""t2mc optimize: the cheapest placement of a workload. Owns its options, its files and its output; prices nothing."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from twin2multicloud import __version__
from twin2multicloud.cli import cost_tables as tables
from twin2multicloud.cli.console import out
from twin2multicloud.cli.prices import BookPath, load_book
from twin2multicloud.costs.break_even import Axes, break_even_map
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.chart import bar_of, picture
from twin2multicloud.costs.constraints import Constraints, parse_fixed, parse_residency
from twin2multicloud.costs.moving import Move, moving_cost
from twin2multicloud.costs.optimizer import Result, optimize, pareto_front
from twin2multicloud.costs.paper_choice import PaperResult, solve
from twin2multicloud.costs.paper_tables import INCONSISTENCIES, NOTES, PRESETS, table_rows
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.project_workload import SENDING, DerivedFigure, derived_figures
from twin2multicloud.costs.sensitivity import price_flips, workload_flips
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import PAPER_FIGURES, Workload, workload_from
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.clouds import known_cloud, label_of, pack
from twin2multicloud.project.json_files import json_text, write_atomically
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.placement_file import PROVIDERS_FILE, write_placement

WORKLOAD_FILE = "workload.json"
"""Where a project may keep its workload."""
DECISION_FILE = "placement_decision.json"
"""The record that `--apply` keeps beside the placement."""


class Model(StrEnum):
    """Which formulas count."""

    OURS = "ours"
    PAPER = "paper"


Folder = Annotated[
    Path | None, typer.Argument(help="The project folder: what it says of the workload is taken from it.")
]
WorkloadFile = Annotated[Path | None, typer.Option("--workload", "-w", help="The workload as a JSON file.")]
Interval = Annotated[float | None, typer.Option("--interval", help="Minutes between a device's messages.")]
MessageKb = Annotated[float | None, typer.Option("--message-kb", help="KB per message.")]
Preset = Annotated[str | None, typer.Option(help=f"One of the paper's scenarios: {', '.join(PRESETS)}.")]
Fix = Annotated[list[str] | None, typer.Option("--fix", metavar="SLOT=CLOUD", help="Keep a slot on a cloud.")]
Forbid = Annotated[list[str] | None, typer.Option("--forbid", metavar="CLOUD", help="Leave a cloud out.")]
Residency = Annotated[
    list[str] | None, typer.Option("--residency", metavar="SLOT=DE,NL", help="Where a slot's data may lie.")
]


def optimize_command(
    project: Folder = None,
    workload: WorkloadFile = None,
    preset: Preset = None,
    interval: Interval = None,
    message_kb: MessageKb = None,
    model: Annotated[Model, typer.Option(help="Ours, or the published one.")] = Model.OURS,
    prices: BookPath = None,
    fix: Fix = None,
    forbid: Forbid = None,
    residency: Residency = None,
    max_clouds: Annotated[int | None, typer.Option(help="At most so many clouds.")] = None,
    pareto: Annotated[bool, typer.Option(help="Latency and carbon too: what nothing beats in all three.")] = False,
    sensitivity: Annotated[bool, typer.Option(help="Which single price or figure flips the choice.")] = False,
    moving: Annotated[bool, typer.Option(help="What leaving the project's present placement costs.")] = False,
    details: Annotated[bool, typer.Option(help="Every meter.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON, unrounded.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every meter as CSV, unrounded.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Write a picture (SVG): by layer, and the break-even map.")] = None,
    apply: Annotated[bool, typer.Option(help="Write the placement to the project, with a record.")] = False,
    paper_tables: Annotated[bool, typer.Option(help="The paper's tables VII and VIII beside ours.")] = False,
) -> None:
    """Say what every placement of a workload costs per month, which is cheapest, why, and how sure that is.

    Example: t2mc optimize --preset medium --sensitivity
    """
    if paper_tables:
        _say_paper_tables()
        return
    said = {"interval_min": interval, "message_kb": message_kb}
    given = _workloads(project, workload, preset, {name: each for name, each in said.items() if each is not None})
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
    asked = _Asked(pareto=pareto, sensitivity=sensitivity, move_from=_placement_of(project) if moving else None)
    answer = _answer(given, book, constraints, asked)
    _print(answer, as_json=as_json, as_csv=as_csv, details=details)
    written = _write_chart(chart, answer.result, book, constraints) if chart is not None else []
    written += _apply(project, answer.result, given.derived) if apply and project is not None else []
    if not (as_json or as_csv):
        for path in written:
            out.print(f"wrote {path}", soft_wrap=True)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    pareto: bool
    sensitivity: bool
    move_from: Placement | None


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    result: Result
    extras: dict[str, object]
    printed: list[object]


def _answer(given: "_Given", book: PriceBook, constraints: Constraints, asked: _Asked) -> _Answer:
    workload = next(iter(given.by_id.values()))
    result = optimize(workload, book, constraints)
    extras: dict[str, object] = {}
    printed: list[object] = []
    if given.derived:
        extras["derived"] = given.derived
        printed.append(tables.derived_text(given.derived))
    if asked.pareto:
        front = pareto_front(workload, book, constraints)
        extras["pareto"] = front
        printed.append(tables.pareto_table(front))
    if asked.sensitivity:
        of_prices, of_workload = price_flips(workload, book, constraints), workload_flips(workload, book, constraints)
        extras["price_flips"], extras["workload_flips"] = of_prices, of_workload
        printed.append(tables.flips_table(of_prices, "single prices that flip the choice"))
        printed.append(tables.flips_table(of_workload, "single figures of the workload that flip the choice"))
    if asked.move_from is not None:
        move = _move(asked.move_from, result, book)
        extras["move"] = move
        printed.append(tables.move_table(move))
    return _Answer(result=result, extras=extras, printed=printed)


def _move(current: Placement, result: Result, book: PriceBook) -> Move:
    t = Traffic.of(result.workload)
    present = breakdown(current, t, book)
    return moving_cost(current, result.placement, t, book, current_total=present.total, target_total=result.total)


def _print(answer: _Answer, *, as_json: bool, as_csv: bool, details: bool) -> None:
    result = answer.result
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(result) | msgspec.to_builtins(answer.extras), indent=2))
        return
    if as_csv:
        typer.echo(tables.lines_csv(result), nl=False)
        return
    out.print(tables.slots_table(result))
    out.print(tables.variants_table(result))
    out.print(tables.baselines_table(result))
    out.print(tables.batching_table(result))
    if details:
        out.print(tables.lines_table(result))
    for each in answer.printed:
        out.print(each)
    out.print(f"[dim]prices: {result.prices}, digest {result.price_digest}[/]", soft_wrap=True)
    out.print(f"[dim]{result.proof}[/]", soft_wrap=True)


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """The workloads that were asked for; `listed` where they came as a list, and so are answered as one."""

    by_id: dict[str, Workload]
    listed: bool = False
    derived: tuple[DerivedFigure, ...] = ()
    """What the project said of a single workload."""


def _workloads(project: Path | None, file: Path | None, preset: str | None, said: dict[str, object]) -> _Given:
    """The workloads that were asked for; `said` are figures of the command line. Raises ConfigurationError."""
    if file is None and preset is not None:
        return _from_preset(preset, said)
    if project is None:
        if file is None:
            raise ConfigurationError(
                f"no workload: give --workload FILE, --preset {'|'.join(PRESETS)}, or the project folder"
            )
        return _from_file(file, said)
    twin = load_project(project).twin
    own = project / WORKLOAD_FILE
    file = file or (own if own.exists() else None)
    return _completed(twin.name, said, twin, str(project)) if file is None else _from_file(file, said, twin)


def _from_preset(preset: str, said: dict[str, object]) -> _Given:
    if preset not in PRESETS:
        raise ConfigurationError(f"preset {preset!r} is unknown, expected one of {', '.join(PRESETS)}")
    return _Given(by_id={preset: msgspec.structs.replace(PRESETS[preset], **said)})


def _completed(name: str, figures: dict[str, object], twin: Twin, source: str) -> _Given:
    """A workload of what is said, and of what the project says beside it."""
    missing = [each for each in SENDING if each not in figures]
    if missing:
        raise ConfigurationError(
            f"{source}: found no {' and no '.join(missing)}, and no project says how often and how much its devices "
            f"send; give --interval MINUTES and --message-kb KB, or put them into {WORKLOAD_FILE} in the project"
        )
    derived = derived_figures(twin, figures)
    workload = workload_from({each.figure: each.value for each in derived} | figures, source)
    return _Given(by_id={name: workload}, derived=derived)


def _from_file(path: Path, said: dict[str, object], twin: Twin | None = None) -> _Given:
    """One workload, ``{"workloads": [{"id", "workload"}, …]}``, or the published scenarios' own file.

    A single one need not say what the project does.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: not JSON: {error}") from error
    if not isinstance(found, dict):
        return _Given(by_id={path.stem: workload_from(found, str(path))})
    many = found.get("workloads", found.get("scenarios"))
    if many is None:
        name, figures = str(found.get("id", path.stem)), found.get("workload", found)
        figures = _with(figures, said)
        if twin is not None and isinstance(figures, dict):
            return _completed(name, figures, twin, str(path))
        return _Given(by_id={name: workload_from(figures, str(path))})
    listed = list(many.values()) if isinstance(many, dict) else many
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{path}: workloads is {many!r:.60}, expected a list of objects with id and workload")
    return _Given(by_id=_by_id(path, listed, said), listed=True)


def _with(figures: object, said: dict[str, object]) -> object:
    """Figures of a file, with those of the command line over them."""
    return figures | said if isinstance(figures, dict) else figures


def _by_id(path: Path, listed: list[object], said: dict[str, object]) -> dict[str, Workload]:
    found: dict[str, Workload] = {}
    for n, entry in enumerate(listed):
        place = f"{path}: workloads[{n}]"
        if not isinstance(entry, dict) or "workload" not in entry:
            raise ConfigurationError(f"{place}: expected an object with id and workload")
        name = str(entry.get("id", n))
        if name in found:
            raise ConfigurationError(f"{place}.id: found {name!r} a second time, expected an id of its own")
        found[name] = workload_from(_with(entry["workload"], said), f"{place}.workload")
    return found


def _answer_paper(given: _Given, *, as_json: bool, as_csv: bool) -> None:
    results = {name: solve(each) for name, each in given.by_id.items()}
    if as_csv:
        typer.echo(tables.paper_csv(results), nl=False)
        return
    if as_json:
        answers = {name: _paper_json(name, each) for name, each in results.items()}
        typer.echo(json.dumps({"scenarios": answers} if given.listed else next(iter(answers.values())), indent=1))
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


def _placement_of(project: Path | None) -> Placement | None:
    return None if project is None else load_project(project).twin.placement


def _write_chart(path: Path, result: Result, book: PriceBook, constraints: Constraints) -> list[Path]:
    t = Traffic.of(result.workload)
    alone = [cloud for cloud in book.clouds if not result.workload.needs_3d or pack(cloud).has_3d]
    bars = [bar_of("cheapest", result.breakdown.by_place)]
    bars += [bar_of(f"{label_of(c)} alone", breakdown(Placement.single(c), t, book).by_place) for c in alone]
    drawn = picture(bars, break_even_map(result.workload, book, Axes(), constraints))
    try:
        path.write_text(drawn)
    except OSError as error:
        raise ConfigurationError(f"{path}: the picture cannot be written: {error.strerror}") from error
    return [path]


def _apply(project: Path, result: Result, derived: tuple[DerivedFigure, ...]) -> list[Path]:
    """The record first: a placement without its reasons is worse than reasons without a placement."""
    load_project(project)  # an invalid project is not written to
    record = {
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "decided_by": f"t2mc optimize {__version__}",
        **msgspec.to_builtins(result),
        "derived": msgspec.to_builtins(derived),
    }
    write_atomically(project / DECISION_FILE, json_text(record))
    write_placement(project, result.placement)
    return [project / PROVIDERS_FILE, project / DECISION_FILE]
