"""The fixture `emulation` for users' own tests (docs/python_api.md). Imports nothing of the package before it is used.

Registered under ``pytest11``, so it is loaded in every session of an environment that has the package.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin2multicloud.domain.twin import Twin
    from twin2multicloud.operations.emulation import Emulation
    from twin2multicloud.project.loader import Project

_PROJECT = "the project that the fixture `emulation` starts, a folder relative to pytest's root folder"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--t2mc-project``, and ``t2mc_project`` in the configuration file."""
    parser.getgroup("twin2multicloud").addoption("--t2mc-project", metavar="FOLDER", help=_PROJECT)
    parser.addini("t2mc_project", _PROJECT, default=".")


@pytest.fixture
def project_tests(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Runs ``tests/*.json`` as `t2mc test` does: ``project_tests()`` the configured project's, or those of a folder.

    Fails with what differs, a line for each test.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from twin2multicloud.domain.timestamps import from_datetime
    from twin2multicloud.operations.processor_run import run_tests
    from twin2multicloud.project.loader import load_project

    def run(folder: Path | str | None = None) -> None:
        project = load_project(Path(folder or _folder(pytestconfig)))
        verdicts = list(run_tests(project, from_datetime(datetime.now(UTC))))
        if problems := [f"{each.test}: {each.problem}" for each in verdicts if each.problem]:
            pytest.fail("\n".join(problems), pytrace=False)

    return run


def _folder(config: pytest.Config) -> Path:
    return config.rootpath.joinpath(config.getoption("t2mc_project") or config.getini("t2mc_project"))


@pytest.fixture(scope="session")
def emulation(pytestconfig: pytest.Config) -> Iterator[Callable[..., Emulation]]:
    """Starts twins: ``emulation()`` the configured project, ``emulation(twin)`` another one; see `Emulation`.

    Each is started once, where it is first asked for, and stopped at the end of the session.
    """
    from twin2multicloud.operations.emulation import Emulation

    folder = _folder(pytestconfig)
    running: list[tuple[object, Emulation]] = []
    with ExitStack() as end:

        def start(twin: Project | Twin | Path | str = folder) -> Emulation:
            for known, found in running:
                if known == twin:
                    return found
            running.append((twin, end.enter_context(Emulation(twin))))
            return running[-1][1]

        yield start
