"""A project's files are looked at until they have changed and are written whole."""

from collections.abc import Iterator
from pathlib import Path

from twin2multicloud.operations.watching import Snapshot, settled_changes, snapshot


def seen(*sizes: int) -> list[bool]:
    """What is said of a file of these sizes, look by look."""
    looks: Iterator[Snapshot] = iter([{Path("config.json"): (0, size)} for size in sizes])
    said = settled_changes(lambda: next(looks), lambda _: None)
    return [next(said) for _ in sizes[1:]]


def test_a_change_is_said_once_when_it_has_settled() -> None:
    assert seen(1, 1, 2, 2, 2) == [True, False, True, False]


def test_what_is_still_written_is_waited_for() -> None:
    assert seen(1, 2, 3, 4, 4) == [False, False, False, True]


def test_a_change_that_is_taken_back_is_none() -> None:
    assert seen(1, 1, 2, 1, 1) == [True, False, False, False]


def test_hidden_files_and_what_python_keeps_are_not_looked_at(tmp_path: Path) -> None:
    for name in (".t2mc/deployment.json", "processors/__pycache__/a.pyc", "processors/.#a.py", "processors/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [path.relative_to(tmp_path).as_posix() for path in snapshot(tmp_path)] == ["processors/a.py"]
