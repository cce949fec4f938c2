"""A project's folder is renamed or copied while its twin runs: it is found, and nobody steers another's twin."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.emulator.host.deployment import load_deployment, load_secrets
from twin2multicloud.operations.readings import publish

pytestmark = pytest.mark.functional


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    folder = write_project(tmp_path / "first", placement(AWS, AWS, GCP))
    assert t2mc("up", folder, "--no-dashboard").returncode == 0
    yield folder
    for each in tmp_path.iterdir():
        if (each / ".t2mc" / "deployment.json").exists():
            t2mc("down", each)


def _published(folder: Path, n: int) -> None:
    readings = ({"device_id": "d1", "integer": n, "timestamp": time.time_ns() // 1_000_000 + n} for n in range(n))
    assert publish(load_deployment(folder), readings, speed=None) == n


def _wait_for_readings(folder: Path, n: int) -> None:
    deadline = time.monotonic() + 20
    while len(read := json.loads(t2mc("query", folder, "d1", "--json").stdout)["integer"]) != n:
        assert time.monotonic() < deadline, read
        time.sleep(0.2)


def test_a_renamed_twin_is_found_by_its_processes(running: Path) -> None:
    _published(running, 3)
    before = load_deployment(running)
    renamed = running.rename(running.with_name("second"))
    status = t2mc("status", renamed, columns=300)
    assert status.returncode == 0, status.stderr
    assert f"runs from {running}, as the folder was called" in status.stderr
    _published(renamed, 2)
    _wait_for_readings(renamed, 5)
    up = t2mc("up", renamed, "--no-dashboard")
    assert up.returncode == 2
    assert f"aws, gcp already up from {running}" in " ".join(up.stderr.split())
    assert t2mc("down", renamed).stdout.strip() == "stopped: aws, gcp"
    assert t2mc("up", renamed, "--no-dashboard").returncode == 0
    assert load_deployment(renamed).sites == before.sites
    _wait_for_readings(renamed, 5)


def test_a_twin_that_is_renamed_and_back_is_as_before(running: Path) -> None:
    running.rename(running.with_name("second")).rename(running)
    assert t2mc("status", running).returncode == 0
    assert t2mc("up", running, "--no-dashboard").returncode == 0
    _published(running, 2)


def test_a_copy_is_a_twin_of_its_own_at_its_first_command(running: Path) -> None:
    _published(running, 3)
    copy = running.with_name("copy")
    shutil.copytree(running, copy)
    first = t2mc("status", copy)
    assert first.returncode == 1
    assert f"{copy} is a copy of {running}: it is a twin of its own from now on" in " ".join(first.stderr.split())
    assert "nothing is deployed from" in " ".join(t2mc("down", copy).stderr.split())
    assert t2mc("status", running).returncode == 0
    assert t2mc("up", copy, "--no-dashboard").returncode == 0
    mine, theirs = load_deployment(running), load_deployment(copy)
    assert not {port for site in mine.sites for port in site.ports} & {p for site in theirs.sites for p in site.ports}
    assert load_secrets(running).device_key != load_secrets(copy).device_key
    assert load_secrets(running).operator_key != load_secrets(copy).operator_key
    assert load_secrets(running).token != load_secrets(copy).token
    assert t2mc("down", copy).stdout.strip() == "stopped: aws, gcp"
    assert t2mc("status", running).returncode == 0


def test_up_says_that_it_is_a_copy(running: Path) -> None:
    copy = running.with_name("copy")
    shutil.copytree(running, copy)
    up = t2mc("up", copy, "--no-dashboard")
    assert up.returncode == 0, up.stderr
    assert f"{copy} is a copy of {running}" in " ".join(up.stderr.split())
    again = t2mc("up", copy, "--no-dashboard")
    assert "is a copy of" not in again.stderr


def test_a_folder_that_comes_from_elsewhere_keeps_its_ports_and_keys(running: Path) -> None:
    """Moved to another file system, or out of a backup: the folder that it was is gone."""
    t2mc("down", running)
    moved = running.with_name("moved")
    shutil.copytree(running, moved)
    before, keys = load_deployment(running), load_secrets(running)
    shutil.rmtree(running)
    assert load_deployment(moved).sites == before.sites
    assert load_secrets(moved) == keys
