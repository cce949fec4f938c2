"""The published model, held to every number of the published scenarios. Skips where the shared file is not there."""

import json
from pathlib import Path as FilePath

import msgspec
import pytest

from twin2multicloud.costs import paper, paper_choice
from twin2multicloud.costs.workload import Workload, workload_from

SHARED = FilePath(__file__).parents[3] / "shared" / "optimizer" / "paper_scenarios.json"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared/optimizer/paper_scenarios.json is not there")
DATA = json.loads(SHARED.read_text()) if SHARED.exists() else {"scenarios": {}, "paper_table_I": {}}
SCENARIOS = DATA["scenarios"]


def differences(found: object, expected: object, where: str = "$") -> list[str]:
    """Every leaf of `expected` that `found` does not answer to 1e-9 relative."""
    match expected:
        case dict():
            assert isinstance(found, dict), where
            return [
                each
                for key in expected
                for each in differences(found.get(key, "absent"), expected[key], f"{where}.{key}")
            ]
        case bool() | str() | None:
            return [] if found == expected else [f"{where}: {found!r} is not {expected!r}"]
        case _:
            close = isinstance(found, int | float) and found == pytest.approx(expected, rel=1e-9, abs=1e-12)
            return [] if close else [f"{where}: {found!r} is not {expected!r}"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_number_of_a_scenario(name: str) -> None:
    expected = {
        key: value for key, value in SCENARIOS[name].items() if key not in ("id", "totals_from_cent_rounded_components")
    }
    result = msgspec.to_builtins(paper_choice.solve(workload_from(expected.pop("workload"))))
    assert differences(result, expected) == []


@pytest.mark.parametrize("row", ["high", "low"])
def test_table_one(row: str) -> None:
    expected = DATA["paper_table_I"][row]
    workload = Workload(
        devices=10_000,
        interval_min=expected["interval_min"],
        message_kb=expected["message_kb"],
        hot_months=1,
        cool_months=1,
        archive_months=6,
    )
    l1 = paper.components(workload).l1
    assert l1 == {
        "aws": pytest.approx(expected["aws_month"], rel=1e-9),
        "azure": pytest.approx(expected["azure_month"]),
    }
