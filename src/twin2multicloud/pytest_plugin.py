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


@pytest.fixture(scope="session")
def emulation(pytestconfig: pytest.Config) -> Iterator[Callable[..., Emulation]]:
    """Starts twins: ``emulation()`` the configured project, ``emulation(twin)`` another one; see `Emulation`.

    Each is started once, where it is first asked for, and stopped at the end of the session.
    """
    from twin2multicloud.operations.emulation import Emulation

    folder = pytestconfig.rootpath / (pytestconfig.getoption("t2mc_project") or pytestconfig.getini("t2mc_project"))
    running: list[tuple[object, Emulation]] = []
    with ExitStack() as end:

        def start(twin: Project | Twin | Path | str = folder) -> Emulation:
            for known, found in running:
                if known == twin:
                    return found
            running.append((twin, end.enter_context(Emulation(twin))))
            return running[-1][1]

        yield start
