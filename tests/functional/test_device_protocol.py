"""The page docs/device_protocol.md: its snippets are run as they stand there, where the client is at hand."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.emulator.adapters.device_authenticator import password

pytestmark = pytest.mark.functional

PAGE = (Path(__file__).parents[2] / "docs" / "device_protocol.md").read_text(encoding="utf-8")
SHELL = {block.split()[0]: block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S)}
PAHO, MICROPYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.S)
(ESPHOME,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running(write_project(tmp_path_factory.mktemp("protocol") / "p", placement(AWS, AWS, AWS))) as found:
        yield found


def told(twin: RunningTwin) -> dict[str, str]:
    """What the page calls HOST, PORT and so on."""
    deployment = twin.deployment
    return {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(deployment.acquisition.mqtt_port),
        "PUBLISH_URL": deployment.publish_url,
        "TWIN": deployment.twin.name,
        "DEVICE": "d1",
        "KEY": password(twin.secrets.device_key, "d1"),
    }


def stored(twin: RunningTwin, start: str, end: str) -> list[object]:
    twin.settle()
    read = twin.client.history("d1", ["double"], f"2026-01-15T{start}:00.000Z", f"2026-01-15T{end}:00.000Z")
    return [value for _, value in read["double"]]


@pytest.mark.parametrize(("program", "minute"), [("mosquitto_pub", 30), ("curl", 31)])
def test_a_line_for_a_shell_publishes(twin: RunningTwin, program: str, minute: int) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on the PATH")
    subprocess.run(["sh", "-c", SHELL[program]], env=told(twin), check=True, capture_output=True, timeout=60)
    assert stored(twin, f"10:{minute - 1}", f"10:{minute}") == [21.5]


def test_paho_publishes_a_list(twin: RunningTwin) -> None:
    subprocess.run([sys.executable, "-c", PAHO], env=told(twin), check=True, capture_output=True, timeout=60)
    assert stored(twin, "10:31", "10:33") == [21.5, 22.5]


def test_boards_publish_to_a_topic_that_there_is() -> None:
    ast.parse(MICROPYTHON)
    topic = telemetry_topic("my-twin", "d1")
    assert topic in MICROPYTHON
    assert f"topic: {topic}" in ESPHOME
