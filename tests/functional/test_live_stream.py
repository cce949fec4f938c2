"""The page docs/read_api.md: its commands are run, readings stream as they are stored, and a stream stops nobody."""

import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.readings import publish

pytestmark = pytest.mark.functional

PAGE = (Path(__file__).parents[2] / "docs" / "read_api.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.S)[0].splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    assert t2mc("up", made).returncode == 0
    yield made
    t2mc("down", made)


def test_readings_stream_per_device_and_entity_until_the_twin_goes_down(folder: Path) -> None:
    deployment = load_deployment(folder)
    streams = [http.client.HTTPConnection("127.0.0.1", deployment.dashboard_port, timeout=60) for _ in range(2)]
    try:
        answers = []
        for stream, path in zip(streams, ("devices/d1", "entities/e1"), strict=True):
            stream.request("GET", f"/api/{path}/stream", headers={"Last-Event-ID": "2026-01-01T00:00:00Z"})
            answers.append(stream.getresponse())
        assert {each.getheader("content-type") for each in answers} == {"text/event-stream; charset=utf-8"}
        reading = {"device_id": "d1", "integer": 7, "double": 0.5, "timestamp": "2026-01-15T10:30:00Z"}
        assert publish(deployment, [reading], speed=None) == 1
        for answer in answers:
            lines = iter(answer.readline, b"")
            assert next(line for line in lines if line.startswith(b"id: ")) == b"id: 2026-01-15T10:30:00.000Z\n"
            data = json.loads(next(lines).removeprefix(b"data: "))
            assert data["device_id"] == "d1"
            assert data["values"].items() >= {"integer": 7, "double": 0.5}.items()
        for command in COMMANDS:
            done = subprocess.run(
                ["sh", "-c", command],
                env={**os.environ, "PAGE": deployment.dashboard_url},
                capture_output=True,
                timeout=60,
            )
            assert b'"d1"' in done.stdout or b"2026-01-15T10:" in done.stdout, (command, done.stderr)
        assert "stopped: dashboard, aws" in t2mc("down", folder).stdout
        assert "Traceback" not in deployment.state.log("dashboard").read_text()
    finally:
        for stream in streams:
            stream.close()
