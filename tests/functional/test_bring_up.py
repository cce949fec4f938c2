"""Bringing a twin up from Python: every event is reported, nothing is printed, and what fails leaves nothing behind."""

import socket
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, GCP
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.progress import Progress
from twin2multicloud.emulator.host.deployment import prepare
from twin2multicloud.emulator.host.processes import answers, pid_of
from twin2multicloud.operations.bring_up import bring_up, take_down
from twin2multicloud.project.loader import Project, load_project

pytestmark = pytest.mark.functional


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(write_project(tmp_path / "p", placement(AWS, AWS, GCP)))


def test_each_cloud_is_reported_as_it_starts_and_once_it_is_up(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[Progress] = []
    deployment = bring_up(project, told.append, dashboard=False)
    try:
        assert all(answers(deployment, name) for name in ("aws", "gcp"))
        assert {each.job for each in told} == {"up"}
        for name in ("aws", "gcp"):
            assert [each.kind for each in told if each.address == name] == ["starting", "started"]
    finally:
        assert take_down(deployment) == ["aws", "gcp"]
    assert capfd.readouterr() == ("", "")


def test_where_one_cloud_does_not_start_none_is_left(project: Project) -> None:
    deployment = prepare(project)
    taken = socket.create_server(("127.0.0.1", deployment.site(GCP).http_port))
    with taken, pytest.raises(TwinError, match="gcp did not start"):
        bring_up(project, lambda _: None, dashboard=False)
    assert [pid_of(deployment, name) for name in ("aws", "gcp")] == [None, None]
