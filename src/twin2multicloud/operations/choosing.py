"""Choosing a placement: the workloads that it is for, what a move to it costs, and applying it with a record.

Owns the names of the files that a project keeps of it. Prices nothing itself.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from twin2multicloud import __version__
from twin2multicloud.costs.break_even import Axes, break_even_map
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.chart import bar_of, picture
from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.moving import Move, moving_cost
from twin2multicloud.costs.optimizer import Result
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.project_workload import SENDING, DerivedFigure, derived_figures
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload, workload_from
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.clouds import label_of, pack
from twin2multicloud.project.json_files import json_text, write_atomically
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.placement_file import PROVIDERS_FILE, write_placement

WORKLOAD_FILE = "workload.json"
"""Where a project may keep its workload."""
DECISION_FILE = "placement_decision.json"
"""The record that `apply_placement` keeps beside the placement."""


class Workloads(msgspec.Struct, frozen=True, kw_only=True):
    """The workloads to place, by id; `listed` if they came as a list, which decides the output's shape."""

    by_id: dict[str, Workload]
    listed: bool = False
    derived: tuple[DerivedFigure, ...] = ()
    """The project's figures of a single workload."""


def read_workloads(project: Path | None, file: Path | None, preset: str | None, given: dict[str, object]) -> Workloads:
    """The requested workloads; `given` are figures of the command line. Raises ConfigurationError."""
    if file is None and preset is not None:
        if preset not in PRESETS:
            raise ConfigurationError(f"preset {preset!r} is unknown, expected one of {', '.join(PRESETS)}")
        return Workloads(by_id={preset: msgspec.structs.replace(PRESETS[preset], **given)})
    if project is None:
        if file is None:
            raise ConfigurationError(
                f"no workload: give --workload FILE, --preset {'|'.join(PRESETS)}, or the project folder"
            )
        return _from_file(file, given)
    twin = load_project(project).twin
    own = project / WORKLOAD_FILE
    file = file or (own if own.exists() else None)
    return _completed(twin.name, given, twin, str(project)) if file is None else _from_file(file, given, twin)


def project_workload(twin: Twin, folder: Path | None) -> Workload:
    """A project's own workload, to begin with: of its ``workload.json`` and its description.

    How often and how much devices send is the preset medium's where no file says it. Raises ConfigurationError for a
    file that is invalid.
    """
    assumed: dict[str, object] = {name: getattr(PRESETS["medium"], name) for name in SENDING}
    file = None if folder is None else folder / WORKLOAD_FILE
    if file is None or not file.exists():
        return next(iter(_completed(twin.name, assumed, twin, twin.name).by_id.values()))
    try:
        found = _from_file(file, {}, twin)
    except ConfigurationError:
        found = _from_file(file, assumed, twin)
    return next(iter(found.by_id.values()))


def _completed(name: str, figures: dict[str, object], twin: Twin, source: str) -> Workloads:
    """A workload from given figures and, for the rest, the project's."""
    missing = [each for each in SENDING if each not in figures]
    if missing:
        raise ConfigurationError(
            f"{source}: found no {' and no '.join(missing)}, and no project says how often and how much its devices "
            f"send; give --interval MINUTES and --message-kb KB, or put them into {WORKLOAD_FILE} in the project"
        )
    derived = derived_figures(twin, figures)
    workload = workload_from({each.figure: each.value for each in derived} | figures, source)
    return Workloads(by_id={name: workload}, derived=derived)


def _from_file(path: Path, given: dict[str, object], twin: Twin | None = None) -> Workloads:
    """One workload, ``{"workloads": [{"id", "workload"}, …]}``, or the published scenarios' own file.

    A single one need not say what the project does.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        return Workloads(by_id={path.stem: workload_from(document, str(path))})
    many = document.get("workloads", document.get("scenarios"))
    if many is None:
        name, figures = str(document.get("id", path.stem)), document.get("workload", document)
        figures = _with(figures, given)
        if twin is not None and isinstance(figures, dict):
            return _completed(name, figures, twin, str(path))
        return Workloads(by_id={name: workload_from(figures, str(path))})
    listed = list(many.values()) if isinstance(many, dict) else many
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{path}: workloads is {many!r:.60}, expected a list of objects with id and workload")
    return Workloads(by_id=_by_id(path, listed, given), listed=True)


def _with(figures: object, given: dict[str, object]) -> object:
    """Figures of a file, with those of the command line over them."""
    return figures | given if isinstance(figures, dict) else figures


def _by_id(path: Path, listed: list[object], given: dict[str, object]) -> dict[str, Workload]:
    workloads: dict[str, Workload] = {}
    for n, entry in enumerate(listed):
        place = f"{path}: workloads[{n}]"
        if not isinstance(entry, dict) or "workload" not in entry:
            raise ConfigurationError(f"{place}: expected an object with id and workload")
        name = str(entry.get("id", n))
        if name in workloads:
            raise ConfigurationError(f"{place}.id: duplicate id {name!r}")
        workloads[name] = workload_from(_with(entry["workload"], given), f"{place}.workload")
    return workloads


def move_to(result: Result, folder: Path, book: PriceBook) -> Move:
    """What it costs to leave a project's present placement for a better one. Raises InvalidProjectError."""
    current, t = load_project(folder).twin.placement, Traffic.of(result.workload)
    present = breakdown(current, t, book)
    return moving_cost(current, result.placement, t, book, current_total=present.total, target_total=result.total)


def draw(path: Path, result: Result, book: PriceBook, constraints: Constraints) -> Path:
    """Write a picture (SVG): the placement by layer beside each cloud alone, and the break-even map."""
    t = Traffic.of(result.workload)
    alone = [cloud for cloud in book.clouds if not result.workload.needs_3d or pack(cloud).has_3d]
    bars = [bar_of("cheapest", result.breakdown.by_place)]
    bars += [bar_of(f"{label_of(c)} alone", breakdown(Placement.single(c), t, book).by_place) for c in alone]
    drawn = picture(bars, break_even_map(result.workload, book, Axes(), constraints))
    try:
        path.write_text(drawn)
    except OSError as error:
        raise ConfigurationError(f"{path}: the picture cannot be written: {error.strerror}") from error
    return path


def apply_placement(folder: Path, result: Result, derived: tuple[DerivedFigure, ...] = ()) -> list[Path]:
    """Write a placement and its record to a project; returns the files. Raises InvalidProjectError, OSError.

    The record first: a placement without its reasons is worse than reasons without a placement.
    """
    load_project(folder)  # an invalid project is not written to
    record = {
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "decided_by": f"t2mc optimize {__version__}",
        **msgspec.to_builtins(result),
        "derived": msgspec.to_builtins(derived),
    }
    write_atomically(folder / DECISION_FILE, json_text(record))
    write_placement(folder, result.placement)
    return [folder / PROVIDERS_FILE, folder / DECISION_FILE]
