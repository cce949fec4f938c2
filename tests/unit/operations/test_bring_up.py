"""Bringing up, without a terminal: what is refused, and that whoever asked hears of it and nothing is printed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.rigs.clouds import AWS, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.progress import Progress
from twin2multicloud.emulator.host import deployment
from twin2multicloud.emulator.host.deployment import LocalDeployment, Runtime, prepare
from twin2multicloud.emulator.host.processes import note_identity
from twin2multicloud.operations import bring_up as operation
from twin2multicloud.project.loader import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, twin=twin(Placement.single(AWS)), notes=(), processors={})


@pytest.fixture
def running(project: Project) -> Iterator[LocalDeployment]:
    """A process that passes for the cloud: it has the project's folder and the cloud's name on its command line."""
    made = prepare(project)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", made.folder, AWS]) as process:
        made.state.process(AWS).mkdir()
        note_identity(made, AWS, process.pid)
        yield made
        process.kill()


def test_a_twin_that_is_up_is_taken_down_once(running: LocalDeployment) -> None:
    assert operation.take_down(running) == ["aws"]
    assert operation.take_down(running) == []


def test_another_description_is_refused_while_a_cloud_is_up(project: Project, running: LocalDeployment) -> None:
    changed = msgspec.structs.replace(project, twin=twin(Placement.single(GCP)))
    told: list[Progress] = []
    with pytest.raises(ConfigurationError, match="the project has changed since aws started with it"):
        operation.bring_up(changed, told.append, dashboard=False)
    assert told == []
    assert deployment.load_deployment(project.folder) == running


@pytest.mark.usefixtures("running")
def test_another_runtime_is_refused_while_a_cloud_is_up(project: Project) -> None:
    with pytest.raises(ConfigurationError, match="aws already up from source, not from bundles"):
        operation.bring_up(project, lambda _: None, dashboard=False, runtime=Runtime.BUNDLES)


@pytest.mark.usefixtures("running")
def test_the_same_twin_may_be_brought_up_again(project: Project) -> None:
    operation.refuse_another_twin(project, Runtime.SOURCE)


def test_nothing_is_refused_where_nothing_was_ever_up(project: Project) -> None:
    operation.refuse_another_twin(project, Runtime.SOURCE)
