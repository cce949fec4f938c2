"""Readings through three tiers on three clouds, in processes and over sockets: by schedule, on demand, with kills."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, running, write_project

from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.timestamps import canonical, from_milliseconds
from twin2multicloud.operations.storage import set_clock

pytestmark = pytest.mark.functional

RECORDING = Path(__file__).parents[3] / "shared" / "data" / "nab" / "machine_temperature_system_failure.csv"
WHERE = Placement(l1=AWS, l2=AZURE, l3_hot=AWS, l3_cold=AZURE, l3_archive=GCP, l4=GCP, l5=AZURE)
ALWAYS = ("2013-01-01T00:00:00.000Z", "2015-01-01T00:00:00.000Z")


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[RunningTwin]:
    folder = write_project(tmp_path / "p", WHERE, config={"hot_retention_days": 20, "cold_retention_days": 40})
    with running(folder) as made:
        yield made


def publish(twin: RunningTwin, points: list[tuple[str, float]]) -> None:
    readings = [{"timestamp": stamp, "double": value} for stamp, value in points]
    twin.publish("d1", *(readings[start : start + 100] for start in range(0, len(readings), 100)))
    twin.settle()


def history(twin: RunningTwin) -> list[tuple[str, object]]:
    return twin.client.history("d1", ["double"], *ALWAYS, 100_000)["double"]


def readings_by_tier(twin: RunningTwin) -> dict[str, int]:
    statuses = twin.client.statuses()
    found = {tier.slot.value: tier.readings for status in statuses for tier in status.tiers}
    return found | {"hot": sum(status.stored or 0 for status in statuses)}


def recorded() -> list[tuple[str, float]]:
    if not RECORDING.exists():
        pytest.skip(f"no recorded telemetry here: {RECORDING} is absent")
    with RECORDING.open(encoding="utf-8", newline="") as file:
        rows = [(canonical(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
    return list(dict(rows).items())  # the hour that comes twice when summer time ends counts once


def test_79_days_of_a_machine_pass_all_tiers_by_schedule_and_read_back_equal(twin: RunningTwin) -> None:
    points = recorded()
    publish(twin, points)
    set_clock(twin.deployment, "2013-12-15T00:00:00Z")
    for _ in range(4):
        set_clock(twin.deployment, timedelta(days=20))
        assert history(twin) == points
    assert twin.client.latest("d1", ["double"]) == {"double": points[-1]}
    tiers = readings_by_tier(twin)
    assert all(tiers.values()), tiers
    assert sum(tiers.values()) == len(points)
    boundaries = {each.name: each for each in twin.client.boundaries()}
    assert boundaries["L3-hot → L3-cold"].messages_in == tiers["L3-cold"] + tiers["L3-archive"]
    assert boundaries["L3-cold → L3-archive"].messages_out == tiers["L3-archive"]
    assert boundaries["L3-cold → L3-hot"].messages_in > 0


def test_movers_are_killed_and_run_again(twin: RunningTwin) -> None:
    """A cloud that goes dark in the middle of a run: what it answered is kept, the next run goes on."""
    points = [(from_milliseconds(1_388_534_400_000 + 3_600_000 * hour), hour / 7) for hour in range(28 * 24)]
    publish(twin, points)
    set_clock(twin.deployment, "2014-02-27T00:00:00Z")  # nothing is due by a clock that is set back
    for cloud in (AZURE, AWS, GCP):
        twin.kill(cloud)
        assert t2mc("move", twin.deployment.folder).returncode == 1
        twin.start(cloud)
        assert history(twin) == points
    assert t2mc("move", twin.deployment.folder).returncode == 0
    assert history(twin) == points
    assert sum(readings_by_tier(twin).values()) == len(points)


def test_a_day_with_the_clock_and_the_command_line(twin: RunningTwin) -> None:
    publish(twin, [("2026-01-01T10:00:00.000Z", 1.5)])
    folder = twin.deployment.folder
    assert t2mc("clock", "set", folder, "2026-01-02").stdout.startswith("2026-01-02T00:00:00")
    assert t2mc("clock", "advance", folder, "30d").stdout.startswith("2026-02-01T00:00:0")
    assert t2mc("clock", "show", folder).stdout.startswith("2026-02-01T00:00:")
    assert readings_by_tier(twin) == {"L3-cold": 1, "L3-archive": 0, "hot": 0}
    assert "L3-cold" in t2mc("status", folder).stdout.partition("older readings")[2]
    moved = t2mc("move", folder, "--json")
    assert moved.returncode == 0, moved.stderr
    assert "1.5" in t2mc("query", folder, "d1", "double", "--since", "60d").stdout
    assert "1.5" in t2mc("query", folder, "d1", "--last").stdout
    refused = t2mc("clock", "advance", folder, "soon")
    assert refused.returncode == 2
    assert "a span must be as in 15m, 12h or 40d, found 'soon'" in refused.stderr
    assert t2mc("clock", "reset", folder).returncode == 0
