"""The kept exports still hold. Where a change is meant: ``python -m tests.golden.regenerate``, and read the diff."""

import pytest

from tests.golden.grafana.cases import CASES, KEPT, rendered


@pytest.mark.parametrize("name", CASES)
def test_the_export_is_as_kept(name: str) -> None:
    assert (KEPT / f"{name}.json").read_text(encoding="utf-8") == rendered(name)


def test_no_kept_export_is_left_over() -> None:
    assert {path.stem for path in KEPT.glob("*.json")} == set(CASES)
