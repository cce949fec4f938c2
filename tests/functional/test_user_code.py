"""The user's processors on running clouds: what they return is stored, what they drop is not, failures are kept."""

import time
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.running_twin import placement, running, write_project

pytestmark = pytest.mark.functional

HALVE = """
def process(telemetry):
    n = telemetry["n"]
    if n == 13:
        raise ValueError("thirteen")
    if n % 2:
        return None
    return {**telemetry, "n": n // 2}
"""
HALVE_ALL = HALVE.replace('raise ValueError("thirteen")', 'return {**telemetry, "n": -13}')


def test_user_code_changes_drops_and_fails_by_message(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path / "p",
        placement(AWS, AZURE, GCP),
        config_iot_devices={
            "types": {"counter": {"properties": [{"name": "n", "data_type": "LONG"}], "processor": "halve"}},
            "devices": [{"id": "d1", "type": "counter"}],
        },
    )
    (folder / "processors").mkdir()
    (folder / "processors" / "halve.py").write_text(HALVE)
    with running(folder) as twin:
        twin.publish("d1", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        statuses = twin.settle()
        assert twin.values("d1", "n") == list(range(10))
        dead = {queue.function: queue.dead_lettered for status in statuses for queue in status.queues}
        assert dead["processor"] == 1
        assert "ValueError: thirteen" in twin.log(AZURE)
    (folder / "processors" / "halve.py").write_text(HALVE_ALL)
    with running(folder) as twin:  # the code is mended: what failed is sent again
        assert twin.redrive() == 1
        twin.settle()
        assert sorted(twin.values("d1", "n")) == [-13, *range(10)]


STAYS = """
import os, pathlib, time

def process(telemetry):
    if telemetry["n"] == 3:
        child = os.fork()
        if child == 0:
            time.sleep(600)
        pathlib.Path({note!r}).write_text(str(child))
        os.wait()
    if telemetry["n"] == 7 and os.fork() == 0:
        time.sleep(1)  # and then goes on as if it were the cloud
    while telemetry["n"] == 11:
        pass
    return telemetry
"""


@pytest.mark.parametrize("cloud", [AWS, AZURE, GCP])
def test_user_code_that_forks_and_stays_harms_its_own_reading_only(tmp_path: Path, cloud: str) -> None:
    folder = write_project(
        tmp_path / "p",
        placement(*[cloud] * 3),
        config_iot_devices={
            "types": {"counter": {"properties": [{"name": "n", "data_type": "LONG"}], "processor": "stays"}},
            "devices": [{"id": "d1", "type": "counter"}],
        },
    )
    (folder / "processors").mkdir()
    note = tmp_path / "child"
    (folder / "processors" / "stays.py").write_text(STAYS.format(note=str(note)))
    with running(folder, function_seconds=0.5) as twin:
        twin.publish("d1", *({"ts": 1_700_000_000_000 + n, "n": n} for n in range(20)))
        statuses = twin.settle()
        assert twin.values("d1", "n") == [n for n in range(20) if n not in (3, 11)]
        assert sum(queue.dead_lettered for status in statuses for queue in status.queues) == 2
        assert "not finished within the function's time limit" in twin.log(cloud)
        for _ in range(100):
            if _is_gone(note.read_text()):
                break
            time.sleep(0.1)
        assert _is_gone(note.read_text())
    with running(folder) as twin:  # no child holds the ports
        assert len(twin.values("d1", "n")) == 18


def _is_gone(pid: str) -> bool:
    """Whether a process has ended. One that nobody has waited for yet has no command line any more."""
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or not command.read_bytes()
