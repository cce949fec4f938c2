"""The guide of examples/wind-farm: its commands are executed as they stand there, from an empty folder on."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.rigs.command_line import Done, t2mc

from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.checks import wait_until_settled
from twin2multicloud.operations.twin_client import TwinClient

pytestmark = pytest.mark.functional

GUIDE = (Path(__file__).parents[2] / "examples" / "wind-farm" / "README.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```(console|sh)\n(.*?)```", GUIDE, re.S)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    if (tmp_path / "my-farm" / ".t2mc").exists():
        t2mc("down", tmp_path / "my-farm")


def test_the_guide_does_what_it_says(empty: Path) -> None:
    said: dict[str, Done] = {}
    for kind, block in STEPS:
        if kind == "sh":
            publish(empty, block)
        for line in block.splitlines() if kind == "console" else ():
            _, name, *arguments = shlex.split(line)
            assert name == "t2mc"
            if arguments[0] in ("query", "events"):
                settle(empty / "my-farm")
            if arguments[0] == "reload":
                edit(empty / "my-farm" / "processors" / "si_units.py")
            there = [str(empty / each) if each.startswith("my-farm") else each for each in arguments]
            said[line] = done = t2mc(*there, columns=300)
            assert done.returncode == 0, (line, done.stderr)
    answer = {line.split()[2]: done.stdout for line, done in said.items()}
    assert "10 devices" in answer["validate"]
    assert "2 of 2 tests passed" in answer["test"]
    assert "+ wind_speed: 11.01" in answer["run"]
    assert "11.01" in answer["query"], "what the gateway published for turbine-03"
    assert "gearbox-hot" in answer["events"]
    assert "turbine-03" in answer["events"]
    assert "taken in while running: azure.processor" in answer["reload"]


def publish(folder: Path, commands: str) -> None:
    """Run what the guide has for a shell, with the address that `t2mc up` printed."""
    assert in_a_shell(folder, commands) == '{"status":"received"}'
    foreign = commands.replace("turbine-03/telemetry", "turbine-99/telemetry")
    assert "park-gateway may not publish to this topic" in in_a_shell(folder, foreign)


def in_a_shell(folder: Path, commands: str) -> str:
    environment = {**os.environ, "PUBLISH_URL": load_deployment(folder / "my-farm").publish_url}
    done = subprocess.run(
        ["sh", "-c", commands], cwd=folder, capture_output=True, text=True, env=environment, timeout=60
    )
    return done.stdout


def settle(folder: Path) -> None:
    with closing(TwinClient(load_deployment(folder))) as client:
        wait_until_settled(client, 60, time.sleep, time.monotonic)


def edit(processor: Path) -> None:
    processor.write_text(processor.read_text().replace(", 2)", ", 1)"))
