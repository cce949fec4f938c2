"""A cloud's port while it is dark: another program may take it, and must not be taken for the cloud."""

from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, running, write_project

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.emulator.host.deployment import prepare
from twin2multicloud.emulator.host.processes import answers
from twin2multicloud.project.loader import load_project

pytestmark = pytest.mark.functional


def test_another_twins_cloud_is_not_taken_for_ours(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "a", placement(AWS, AZURE, GCP))) as ours:
        ours.kill(GCP)
        with running(_on_port(tmp_path / "b", ours.deployment.site(GCP).http_port)) as theirs:
            assert theirs.deployment.site(GCP) == ours.deployment.site(GCP)
            assert answers(theirs.deployment, "gcp")
            assert not answers(ours.deployment, "gcp")
            with pytest.raises(TwinError, match=r"gcp did not start:(.|\n)*address already in use"):
                ours.start(GCP)
        ours.start(GCP)
        assert all(status.running for status in ours.client.statuses())


def _on_port(folder: Path, port: int) -> Path:
    """A project with its hot store on Google Cloud, which is to listen there: a deployment keeps its ports."""
    write_project(folder, placement(AWS, AWS, GCP))
    chosen = prepare(load_project(folder)).site(GCP).http_port
    kept = folder / ".t2mc" / "deployment.json"
    kept.write_text(kept.read_text().replace(f'"http_port": {chosen}', f'"http_port": {port}'))
    return folder
