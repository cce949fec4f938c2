"""A measurement, the table of them, and the machine they were made on."""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    """One row: what was measured, what came out, and what was aimed at."""

    what: str
    value: str
    aim: str = ""


class Grid(NamedTuple):
    """A table of other columns, whose first names the row, and a text below it."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


Section = Sequence[Result] | Grid
"""What stands below one heading."""


def percentile(samples: list[float], share: float) -> float:
    """A sample that `share` of all stay below."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rate(count: float, seconds: float) -> str:
    """Messages a second, rounded to what is meant."""
    return f"{round(count / seconds, -2):,.0f}/s"


def machine() -> str:
    """The machine in a sentence."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown CPU"
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{os.cpu_count()} cores of {model}, {memory / 1048576:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; an fsync takes {_fsync_ms():.2f} ms"
    )


def table(sections: Mapping[str, Section]) -> str:
    """The report as Markdown."""
    lines = []
    for title, section in sections.items():
        lines += [f"### {title}", "", *(_grid(section if isinstance(section, Grid) else _results(section))), ""]
    return "\n".join(lines)


def _results(rows: Sequence[Result]) -> Grid:
    return Grid(("what", "measured", "aim"), rows, "")


def _grid(grid: Grid) -> list[str]:
    lines = [f"| {' | '.join(cells)} |" for cells in (grid.columns, *grid.rows)]
    lines.insert(1, "|---|" + "---:|" * (len(grid.columns) - 1))
    return [*lines, "", *grid.note.splitlines()] if grid.note else lines


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _fsync_ms() -> float:
    samples = []
    with tempfile.NamedTemporaryFile(dir=".") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            samples.append(time.perf_counter() - begun)
    return 1000 * percentile(samples, 0.5)
