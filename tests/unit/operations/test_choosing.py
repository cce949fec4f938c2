"""Applying a placement to a project: the files that it writes, and that an invalid project is left alone."""

import json
from pathlib import Path

import pytest

from twin2multicloud.costs.optimizer import Result, optimize
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.project_workload import DerivedFigure
from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.operations.choosing import DECISION_FILE, apply_placement, move_to
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.placement_file import PROVIDERS_FILE
from twin2multicloud.project.templates import write_template


@pytest.fixture(scope="module")
def result() -> Result:
    return optimize(PRESETS["small"], PriceBook.shipped())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_template("smart-home", tmp_path / "home")
    return tmp_path / "home"


def test_a_placement_is_written_with_what_it_was_decided_by(project: Path, result: Result) -> None:
    derived = (DerivedFigure("devices", 9, "all devices"),)
    assert apply_placement(project, result, derived) == [project / PROVIDERS_FILE, project / DECISION_FILE]
    assert load_project(project).twin.placement == result.placement
    record = json.loads((project / DECISION_FILE).read_text(encoding="utf-8"))
    assert record["price_digest"] == result.price_digest
    assert record["derived"] == [{"figure": "devices", "value": 9, "reason": "all devices"}]
    assert record["decided_by"].startswith("t2mc optimize ")


def test_an_invalid_project_is_not_written_to(project: Path, result: Result) -> None:
    (project / PROVIDERS_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidProjectError):
        apply_placement(project, result)
    assert (project / PROVIDERS_FILE).read_text(encoding="utf-8") == "{}"
    assert not (project / DECISION_FILE).exists()


def test_a_move_starts_at_the_projects_own_placement(project: Path, result: Result) -> None:
    apply_placement(project, result)
    assert move_to(result, project, PriceBook.shipped()).slots == ()
