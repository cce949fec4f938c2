"""Commands on one folder at the same time: one works, the others wait for it and say the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.emulator.host.processes import pid_of
from twin2multicloud.operations.bring_up import take_down

pytestmark = pytest.mark.functional

T2MC = [sys.executable, "-m", "twin2multicloud.cli"]


def test_up_four_times_at_once_is_up_once(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    command = [*T2MC, "up", str(folder), "--no-dashboard"]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    at_once = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(4)
    ]
    try:
        said = [(each.communicate(timeout=60), each.returncode) for each in at_once]
        assert [code for _, code in said] == [0] * 4, said
        assert len({output for (output, _), _ in said}) == 1, "all report the same"
        assert pid_of(load_deployment(folder), AWS) is not None
    finally:
        stopped = take_down(load_deployment(folder))
    assert stopped == ["aws"]
    found = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False)
    assert found.stdout == "", "a process was left"
