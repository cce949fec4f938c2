"""Writes the table of rigs into docs/support_matrix.md: ``python -m tests.rigs.table_document``. Read the diff."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.rigs.table import EXPECTED_FAILURES, OWN, SUITES, VENDORS, ExpectedFailure, Rig

DOCUMENT = Path(__file__).parents[2] / "docs" / "support_matrix.md"


def services() -> str:
    """A line for each service: its rig, what that cannot show, and what shows it instead."""
    header = ("adapter", "rig", "gaps of the rig", "covered instead by")
    return _table(header, ((each.service, each.runs_on, each.gaps, each.covered) for each in VENDORS))


def suites() -> str:
    """A line for each port: its operations, and the rigs that its suite runs over."""
    header = ("suite", "operations", "our own rigs", "rigs of the clouds' services")
    return _table(
        header,
        (
            (
                suite.title,
                _code(suite.operations),
                _code(_names(OWN, suite.fixture)),
                _code(_names(VENDORS, suite.fixture)),
            )
            for suite in SUITES
        ),
    )


def failures() -> str:
    """A line for each test that a rig, or the service itself, cannot pass."""
    return _table(("test", "rig", "why"), ((_test(each), _where(each), each.reason) for each in EXPECTED_FAILURES))


PARTS = {"rigs by service": services, "rigs by suite": suites, "expected failures": failures}


def rendered(document: str) -> str:
    """The document with every part written anew between its two marks. ValueError where a mark is missing."""
    for name, part in PARTS.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->\n"
        before, rest = document.split(begin)
        _, after = rest.split(end)
        document = f"{before}{begin}{part()}{end}{after}"
    return document


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(("", *(_line(each) for each in lines), "", ""))


def _line(cells: Sequence[str]) -> str:
    return "|".join(("", *("---" if each == "---" else f" {each} " for each in cells), ""))


def _names(rigs: Sequence[Rig], fixture: str) -> list[str]:
    return [name for rig in rigs for name in rig.names.get(fixture, ())]


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in words) or "-"


def _test(failure: ExpectedFailure) -> str:
    return f"`{failure.test}`" + (f", with {failure.parameter}" if failure.parameter else "")


def _where(failure: ExpectedFailure) -> str:
    return f"`{failure.rig}`" + (", and the service itself" if failure.live else "")


if __name__ == "__main__":
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
