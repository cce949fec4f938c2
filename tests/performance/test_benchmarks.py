"""The benchmarks run: the parts that start clouds, with few messages. What they measure is for `make bench`."""

import os
from pathlib import Path

import pytest
from benchmarks import end_to_end, growth, pipelines, reader, side_by_side
from benchmarks.__main__ import PARTS, README, kept
from benchmarks.report import Grid, Result, Section, table


def need_mosquitto() -> None:
    """A skip, in CI a failure, where there is no broker for the peers."""
    if (reason := pipelines.missing(pipelines.by_hand_python)) is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks write into the working directory."""
    monkeypatch.chdir(tmp_path)


class TestPeers:
    @pytest.mark.slow
    def test_a_peer_is_measured_beside_ours(self) -> None:
        need_mosquitto()
        both = {side_by_side.OURS, side_by_side.BY_HAND_PYTHON}
        contestants = [each for each in side_by_side.CONTESTANTS if each.name in both]
        grid = side_by_side.table(contestants, rounds=1, share=0.01)
        assert [len(row) for row in grid.rows] == [3, 3]
        for _, *cells in grid.rows:
            assert all("µs" in cell and "/s" in cell for cell in cells), cells
        assert "never stored: none" in grid.note

    def test_what_is_missing_is_said_in_the_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        peers = [
            each for each in side_by_side.CONTESTANTS if each.start in (pipelines.by_hand_node, pipelines.node_red)
        ]
        grid = side_by_side.table(peers, rounds=1, share=0.01)
        assert len(grid.rows) == 2
        assert all(cell.endswith("not installed here") for _, *cells in grid.rows for cell in cells)


class TestOurs:
    @pytest.mark.parametrize(
        "part",
        [pytest.param(end_to_end, marks=pytest.mark.slow), pytest.param(growth, marks=pytest.mark.slow), reader],
        ids=lambda part: part.__name__.rpartition(".")[2],
    )
    def test_a_part_measures(self, part) -> None:
        sections: dict[str, Section] = part.measure(quick=True)
        results = [row for section in sections.values() for row in section]
        assert results
        assert all(isinstance(row, Result) and row.value for row in results)


class TestReport:
    def test_the_readme_has_a_place_for_every_part(self) -> None:
        document = README.read_text(encoding="utf-8")
        for part in PARTS:
            assert kept(document, part, "measured again\n").count("measured again") == 1

    def test_a_part_is_replaced_and_the_rest_left(self) -> None:
        document = (
            "a\n<!-- measured: x -->\nold\n<!-- /measured: x -->\nb\n<!-- measured: y -->\n<!-- /measured: y -->\n"
        )
        assert kept(document, "x", "new\n") == document.replace("old", "new")

    def test_a_grid_has_its_own_columns_and_a_note(self) -> None:
        text = table({"T": Grid(("", "a", "b"), [("r", "1", "2")], "note")})
        assert text == "### T\n\n|  | a | b |\n|---|---:|---:|\n| r | 1 | 2 |\n\nnote\n"
