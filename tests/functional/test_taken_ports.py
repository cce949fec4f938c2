"""Ports of a deployment: held until a server listens; while a cloud is dark another program may take its port."""

import socket
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, running, write_project

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.emulator.host.deployment import prepare
from twin2multicloud.emulator.host.ports import hold_free_port, release_port
from twin2multicloud.emulator.host.processes import answers
from twin2multicloud.project.loader import load_project

pytestmark = pytest.mark.functional


def test_a_held_port_is_not_chosen_twice_and_a_server_can_listen_on_it() -> None:
    ports = {hold_free_port() for _ in range(50)}
    assert len(ports) == 50
    port = ports.pop()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:  # sets SO_REUSEADDR
        release_port(port)
        with socket.create_connection(server.getsockname(), timeout=5):
            pass
    for unused in ports:
        release_port(unused)


def test_another_twins_cloud_is_not_taken_for_ours(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "a", placement(AWS, AZURE, GCP))) as ours:
        ours.kill(GCP)
        with running(_on_port(tmp_path / "b", ours.deployment.site(GCP).http_port)) as theirs:
            assert theirs.deployment.site(GCP) == ours.deployment.site(GCP)
            assert answers(theirs.deployment, "gcp")
            assert not answers(ours.deployment, "gcp")
            with pytest.raises(TwinError, match=r"gcp did not start:.*for Google Cloud.s endpoints, cannot be had"):
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
