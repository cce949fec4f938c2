"""A twin on a file system that is really full, and on a read-only one: commands say a sentence, `status` and `down`
work, what was acknowledged is there when there is room again. Needs root, to mount a file system."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.command_line import Done, t2mc
from tests.rigs.running_twin import placement, running, write_project

from twin2multicloud.emulator.delivery.backlog import Bounds

pytestmark = pytest.mark.functional
BOUNDS = Bounds(free_bytes=0)  # else it holds back long before such a small disk is full


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a file system of 128 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", folder], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("there is no mount(8) here")
    if made.returncode != 0:
        pytest.skip(f"a file system of its own cannot be mounted: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Take all room."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    assert os.statvfs(disk).f_bavail == 0
    return filling


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def said(run: Done) -> str:
    """What a command printed, which is no traceback and no errno."""
    text = " ".join((run.stdout + run.stderr).split())
    assert "Traceback" not in text
    assert "[Errno" not in text
    return text


def test_a_full_disk(disk: Path) -> None:
    folder = write_project(disk / "p", placement(AWS, AWS, AWS))
    with running(folder, bounds=BOUNDS) as twin:
        twin.publish("g-001", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        twin.publish("g-001", b"hello")
        twin.settle()
        filling = fill(disk)
        status = t2mc("status", folder)
        assert status.returncode == 0, said(status)
        assert "aws" in said(status)
        said(t2mc("dlq", "redrive", folder))
        assert said(t2mc("validate", folder)).startswith("valid: testtwin")
        down = t2mc("down", folder)
        assert (down.returncode, down.stdout) == (0, "stopped: aws\n"), said(down)
        up = t2mc("up", folder, "--no-dashboard")
        assert up.returncode == 1
        assert f"{folder}/" in said(up)
        assert "cannot be written (No space left on device); make room" in said(up)
        said(t2mc("doctor", folder))
        filling.unlink()
        twin.start(AWS)
        twin.settle()
        assert twin.values("g-001", "n") == list(range(20))
        assert sum(status.dead_letters for status in twin.client.statuses()) == 1


def test_a_read_only_disk(disk: Path) -> None:
    folder = write_project(disk / "p", placement(AWS, AWS, AWS))
    with running(folder, bounds=BOUNDS) as twin:
        twin.publish("g-001", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        twin.settle()
        stopped = t2mc("down", folder)
        assert stopped.returncode == 0, said(stopped)
        remount(disk, "ro")
        try:
            for command in (["up", folder, "--no-dashboard"], ["doctor", folder]):
                run = t2mc(*command)
                assert run.returncode == 1
                assert f"error: {folder}/" in said(run)
                assert "cannot be written (Read-only file system)" in said(run)
            assert t2mc("down", folder).stdout == "nothing was running\n"
            assert t2mc("status", folder).returncode == 1
            assert t2mc("validate", folder).returncode == 0
        finally:
            remount(disk, "rw")
        twin.start(AWS)
        assert twin.values("g-001", "n") == list(range(20))
