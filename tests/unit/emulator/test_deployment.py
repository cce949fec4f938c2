"""What was started and what is described now: the same, until something changes that runs."""

import shutil
from pathlib import Path

import msgspec
import pytest

from tests.rigs.clouds import AWS, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_deployment, load_secrets, prepare
from twin2multicloud.project.loader import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A twin that names one of two processors."""
    processors = {name: tmp_path / f"{name}.py" for name in ("kelvin", "unnamed")}
    for path in processors.values():
        path.write_text("as it was")
    bare = twin(Placement.single(AWS))
    types = tuple(msgspec.structs.replace(each, processor="kelvin") for each in bare.catalog.types)
    described = msgspec.structs.replace(bare, catalog=msgspec.structs.replace(bare.catalog, types=types))
    return Project(folder=tmp_path, twin=described, notes=(), processors=processors)


@pytest.fixture
def started(project: Project) -> LocalDeployment:
    prepare(project)
    return load_deployment(project.folder)


def test_nothing_changed(project: Project, started: LocalDeployment) -> None:
    assert started.describes(project)


def test_the_twin_changed(project: Project, started: LocalDeployment) -> None:
    assert not started.describes(msgspec.structs.replace(project, twin=twin(Placement.single(GCP))))


@pytest.mark.parametrize(("edited", "same"), [("kelvin", False), ("unnamed", True)])
def test_a_processor_changed(project: Project, started: LocalDeployment, edited: str, same: bool) -> None:
    project.processors[edited].write_text("as it is")
    assert started.describes(project) is same
    project.processors[edited].write_text("as it was")
    assert started.describes(project)


def test_secrets_that_are_not_ours_any_more_are_one_sentence(started: LocalDeployment) -> None:
    started.state.secrets.write_text("{")
    with pytest.raises(TwinError, match=r"secrets\.json is not readable .*; remove it"):
        load_secrets(Path(started.folder))


def test_a_copied_project_is_not_the_one_that_runs(started: LocalDeployment, tmp_path: Path) -> None:
    copy = shutil.copytree(started.folder, tmp_path / "copy")
    with pytest.raises(TwinError, match=r"is a copy of .*: it is a twin of its own from now on"):
        load_deployment(copy)
