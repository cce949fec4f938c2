"""The readers' process: it answers what the cloud would, its end is nobody's loss, and it ends with its cloud."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, GCP
from tests.rigs.running_twin import ALWAYS, RunningTwin, placement, running, write_project

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.emulator.host.processes import pid_of

PUBLISHED = [{"ts": 1_700_000_000_000 + number, "n": number} for number in range(50)]
NUMBERS = list(range(50))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    folder = tmp_path_factory.mktemp("readers")
    with running(write_project(folder / "project", placement(AWS, AWS, GCP))) as twin:
        twin.publish("g-001", *PUBLISHED)
        twin.settle()
        yield twin


def children(pid: int) -> list[int]:
    return [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def the_reader(twin: RunningTwin) -> int:
    cloud = pid_of(twin.deployment, GCP)
    assert cloud is not None
    (reader,) = children(cloud)
    return reader


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_it_reads_at_a_lower_priority_and_counts_as_the_cloud_does(twin: RunningTwin) -> None:
    cloud, reader = pid_of(twin.deployment, GCP), the_reader(twin)
    assert cloud is not None
    assert os.getpriority(os.PRIO_PROCESS, reader) > os.getpriority(os.PRIO_PROCESS, cloud)
    assert twin.values("g-001", "n") == NUMBERS
    with pytest.raises(FinalError, match="has no property 'nothing'"):
        twin.client.history("g-001", ["nothing"], *ALWAYS, 10)
    (status,) = [each for each in twin.client.statuses() if each.cloud == GCP]
    (traffic,) = [each for each in status.endpoints if each.function == "hot-reader"]
    assert traffic.requests == 2


def test_a_killed_cloud_leaves_no_reader_behind(twin: RunningTwin) -> None:
    assert twin.values("g-001", "n") == NUMBERS
    reader = the_reader(twin)
    twin.kill(GCP)
    assert is_gone(reader)
    twin.start(GCP)
    assert twin.values("g-001", "n") == NUMBERS


def test_without_it_the_cloud_reads_by_itself(twin: RunningTwin) -> None:
    assert twin.values("g-001", "n") == NUMBERS
    reader = the_reader(twin)
    os.kill(reader, signal.SIGKILL)
    assert is_gone(reader)
    assert twin.values("g-001", "n") == NUMBERS
    twin.publish("g-001", {"ts": 1_700_000_000_100, "n": 50})
    twin.settle()
    assert twin.values("g-001", "n") == [*NUMBERS, 50]
