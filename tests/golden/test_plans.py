"""The kept plans still hold. Where a change is meant: ``python -m tests.golden.regenerate``, and read the diff."""

from difflib import unified_diff

import pytest

from tests.golden.cases import CASES, PLANS, TOPOLOGY, drawn, rendered


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_as_kept(name):
    kept = (PLANS / f"{name}.json").read_text(encoding="utf-8").splitlines()
    changed = "\n".join(unified_diff(kept, rendered(CASES[name]).splitlines(), "kept", "planned", lineterm=""))
    assert changed == "", f"the plan of {name} is not as kept:\n{changed}"


def test_no_kept_plan_is_left_over():
    assert {path.stem for path in PLANS.glob("*.json")} == set(CASES)


def test_the_drawn_document_is_as_the_tables():
    kept = TOPOLOGY.read_text(encoding="utf-8")
    assert drawn(kept) == kept, "docs/topology.md differs from the tables: python -m tests.golden.regenerate"
    assert kept.count("```mermaid") == 3
