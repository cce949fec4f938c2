"""The user's processors on running clouds: what they return is stored, what they drop is not, failures are kept."""

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
        assert twin.client.redrive() == 1
        twin.settle()
        assert sorted(twin.values("d1", "n")) == [-13, *range(10)]
