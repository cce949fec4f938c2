"""Projects to spoil: each test gets its own copy of an example."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.project.loader import load_project

EXAMPLES = Path(__file__).parents[3] / "examples"

Edit = Callable[[str, Callable[[Any], None]], None]
Messages = Callable[[], list[str]]


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    """A copy of the largest example: groups, inline devices, events, a processor."""
    return Path(shutil.copytree(EXAMPLES / "factory", tmp_path / "factory"))


@pytest.fixture
def edit(factory: Path) -> Edit:
    """Change a file of the copy: ``edit("config.json", lambda config: config.pop("name"))``."""

    def change(file: str, how: Callable[[Any], None]) -> None:
        value = json.loads((factory / file).read_text())
        how(value)
        (factory / file).write_text(json.dumps(value))

    return change


@pytest.fixture
def messages(factory: Path) -> Messages:
    """What the loader says of the copy, one sentence a finding."""

    def load() -> list[str]:
        try:
            load_project(factory)
        except InvalidProjectError as error:
            return [str(finding) for finding in error.findings]
        return []

    return load
