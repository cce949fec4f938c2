"""A project is changed while its twin runs: it is taken up at once, and nothing acknowledged is lost or doubled."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.checks import wait_until_settled
from twin2multicloud.operations.readings import publish

pytestmark = pytest.mark.functional

COUNTER: dict[str, Any] = {"properties": [{"name": "n", "data_type": "LONG"}, {"name": "v", "data_type": "LONG"}]}
MARK = """
def process(telemetry):
    return {{**telemetry, "v": {version}}}
"""
RATE, ROUNDS = 1_000, 4  # publishes a second; reloads meanwhile


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    folder = write_project(tmp_path_factory.mktemp("reload") / "p", placement(AWS, AZURE, GCP))
    describe(folder, ["d1"])
    processor(folder, MARK.format(version=1))
    with running(folder) as found:
        yield found


def describe(folder: Path, devices: list[str], **more: object) -> None:
    document = {
        "types": {"counter": {**COUNTER, "processor": "mark", **more}},
        "devices": [{"id": each, "type": "counter"} for each in devices],
    }
    (folder / "config_iot_devices.json").write_text(json.dumps(document))


def processor(folder: Path, text: str) -> None:
    (folder / "processors").mkdir(exist_ok=True)
    (folder / "processors" / "mark.py").write_text(text)


def reloaded(folder: Path) -> str:
    done = t2mc("reload", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_edited_processor_is_taken_up_at_once(twin: RunningTwin) -> None:
    processor(twin.folder, MARK.format(version=2))
    said = reloaded(twin.folder)
    assert "~ processors/mark.py" in said
    assert said.splitlines()[-1] == "taken in while running: azure.processor"
    twin.publish("d1", {"ts": 1_600_000_000_000, "n": 0})
    twin.settle()
    assert twin.values("d1", "v")[0] == 2
    assert reloaded(twin.folder).strip() == "nothing has changed"


def test_new_devices_and_payloads_are_taken_up_at_once(twin: RunningTwin) -> None:
    describe(twin.folder, ["d1", "d2"], payload={"properties": {"n": "count"}})
    said = reloaded(twin.folder).splitlines()
    assert {"~ type counter", "+ device d2"} <= set(said)
    assert {"aws.dispatcher", "azure.processor", "gcp.hot-reader"} <= set(said[-1].split(": ")[1].split(", "))
    twin.publish("d2", {"count": 7})
    twin.settle()
    assert twin.values("d2", "n") == [7]
    describe(twin.folder, ["d1"])
    assert "− device d2" in reloaded(twin.folder)


def test_user_code_that_cannot_be_loaded_changes_nothing_and_names_its_line(twin: RunningTwin) -> None:
    before = (twin.folder / "processors" / "mark.py").read_text()
    processor(twin.folder, "import nowhere_to_be_found\n" + before)
    refused = t2mc("reload", twin.folder, columns=1_000)
    assert refused.returncode == 2
    assert "mark.py, line 1, cannot be imported: ModuleNotFoundError" in refused.stderr
    twin.publish("d1", {"ts": 1_600_000_001_000, "n": 1})
    twin.settle()
    assert 1 in twin.values("d1", "n")
    processor(twin.folder, before)
    assert reloaded(twin.folder).strip() == "nothing has changed"


def test_an_error_in_user_code_names_its_line(twin: RunningTwin) -> None:
    before = (twin.folder / "processors" / "mark.py").read_text()
    processor(twin.folder, "def process(telemetry):\n    return telemetry['nothing']\n")
    reloaded(twin.folder)
    twin.publish("d1", {"ts": 1_600_000_002_000, "n": 2})
    twin.settle()
    assert "KeyError: 'nothing' (mark.py, line 2)" in t2mc("errors", twin.folder, columns=1_000).stdout
    assert "KeyError: 'nothing' (mark.py, line 2)" in t2mc("dlq", "list", twin.folder, columns=1_000).stdout
    processor(twin.folder, before)
    reloaded(twin.folder)


def test_what_needs_another_plan_names_its_components_and_changes_nothing(twin: RunningTwin) -> None:
    file = twin.folder / "config_providers.json"
    before = file.read_text()
    file.write_text(before.replace('"layer_2_provider": "azure"', '"layer_2_provider": "aws"'))
    refused = t2mc("reload", twin.folder, columns=10_000)
    assert refused.returncode == 2
    assert "− azure.processor (plan)" in refused.stdout
    assert "this needs another plan" in refused.stderr
    assert "azure.processor" in refused.stderr
    assert "aws.processor" in refused.stderr
    file.write_text(before)
    assert reloaded(twin.folder).strip() == "nothing has changed"


def test_reloads_under_load_lose_and_double_nothing(twin: RunningTwin) -> None:
    stop, sent = threading.Event(), [0]
    devices = ["d1"]
    describe(twin.folder, devices)
    reloaded(twin.folder)
    publisher = threading.Thread(target=publish_until, args=(twin, stop, sent))
    publisher.start()
    try:
        for version in range(10, 10 + ROUNDS):
            wait_for(lambda reached=sent[0] + RATE: sent[0] >= reached)
            processor(twin.folder, MARK.format(version=version))
            devices.append(f"new-{version}")
            describe(twin.folder, devices)
            reloaded(twin.folder)
        wait_for(lambda reached=sent[0] + RATE: sent[0] >= reached)
    finally:
        stop.set()
        publisher.join()
    twin.settle(120)
    stamped = twin.client.history("d1", ["n", "v"], "2020-01-01T00:00:00.000Z", "2020-06-01T00:00:00.000Z", 10_000_000)
    assert [n for _, n in stamped["n"]] == list(range(sent[0]))
    versions = [v for _, v in stamped["v"]]
    assert set(versions[-RATE // 2 :]) == {9 + ROUNDS}, "the last version is in force at the end"
    assert set(versions) >= {*range(10, 10 + ROUNDS)}


def publish_until(twin: RunningTwin, stop: threading.Event, sent: list[int]) -> None:
    """Publish `RATE` readings a second, or as many as the machine does, and wait for every acknowledgement."""
    begun = time.monotonic()
    with twin.connect() as gateway:
        while not stop.is_set():
            for n in range(sent[0], int((time.monotonic() - begun) * RATE)):
                gateway.publish("d1", {"ts": 1_580_000_000_000 + n, "n": n})
                sent[0] = n + 1
            stop.wait(0.01)
        assert gateway.wait_for_acknowledgements(60)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_cloud_that_is_down_is_named(twin: RunningTwin) -> None:
    twin.kill(GCP)
    processor(twin.folder, MARK.format(version=99))
    refused = t2mc("reload", twin.folder, columns=1_000)
    assert refused.returncode == 1
    assert "Google Cloud of this machine is down" in refused.stderr
    twin.start(GCP)
    wait_until_settled(twin.client, 60, time.sleep, time.monotonic)


def test_watching_takes_in_each_change_and_prints_errors(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", placement(AWS, AWS, AWS))
    describe(folder, ["d1"])
    processor(folder, MARK.format(version=1))
    command = [sys.executable, "-m", "twin2multicloud.cli", "up", str(folder), "--no-dashboard", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watching:
        lines = iter(watching.stdout or ())
        try:
            expect(lines, "watching the project")
            processor(folder, "def process(telemetry):\n    return telemetry['nothing']\n")
            expect(lines, "~ processors/mark.py")
            expect(lines, "taken in while running: aws.processor")
            reading = {"device_id": "d1", "n": 1, "timestamp": "2026-01-01T00:00:00Z"}
            assert publish(load_deployment(folder), [reading], speed=None) == 1
            expect(lines, "KeyError: 'nothing' (mark.py, line 2)")
            processor(folder, "def process(telemetry) return\n")
            expect(lines, "processors/mark.py: line 1: found a syntax error")
        finally:
            watching.send_signal(signal.SIGINT)
            assert t2mc("down", folder).returncode == 0
    assert watching.returncode == 130


def expect(lines: Iterator[str], text: str) -> None:
    """Read on until a line holds a text."""
    read = []
    for line in lines:
        read.append(line)
        if text in line:
            return
    pytest.fail(f"no {text!r} in {read}")
