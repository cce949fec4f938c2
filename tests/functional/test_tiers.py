"""Readings through three tiers on three clouds, in processes and over sockets: by schedule, on demand, with kills."""

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, running, write_project

from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.timestamps import canonical, from_datetime, from_milliseconds
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
    assert found["L3-hot"] == sum(status.stored or 0 for status in statuses)
    return found


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


@pytest.mark.parametrize("victim", [AWS, AZURE], ids=["the mover's cloud dies", "the cold store's cloud dies"])
def test_a_cloud_is_killed_in_the_middle_of_a_run(twin: RunningTwin, victim: Cloud) -> None:
    devices = [f"g-{number:03}" for number in range(1, 101)]
    points = [(from_milliseconds(1_388_534_400_000 + 86_400_000 * day), day) for day in range(6)]
    with twin.connect() as gateway:
        for device in devices:
            gateway.publish(device, [{"timestamp": stamp, "n": value} for stamp, value in points])
        assert gateway.wait_for_acknowledgements(30)
    twin.settle()
    set_clock(twin.deployment, "2014-01-28T00:00:00Z")  # due for the cold store, and not for the archive
    cold = twin.deployment.state.object_stores(AZURE)
    with subprocess.Popen([sys.executable, "-m", "twin2multicloud.cli", "move", str(twin.deployment.folder)]) as run:
        deadline = time.monotonic() + 30
        while len(list(cold.rglob("*.jsonl.gz"))) < 20:
            assert time.monotonic() < deadline, "nothing was moved"
        twin.kill(victim)
        assert run.wait(60) == 1, "the run was over before the cloud died"
    twin.start(victim)
    assert 20 <= readings_by_tier(twin)["L3-cold"] < 600
    for device in devices:
        assert twin.client.history(device, ["n"], *ALWAYS, 100)["n"] == points
    assert t2mc("move", twin.deployment.folder).returncode == 0
    assert sum(readings_by_tier(twin).values()) == 600
    for device in devices:
        assert twin.client.history(device, ["n"], *ALWAYS, 100)["n"] == points


def test_a_day_with_the_clock_and_the_command_line(twin: RunningTwin) -> None:
    publish(twin, [("2026-01-01T10:00:00.000Z", 1.5)])
    folder = twin.deployment.folder
    assert t2mc("clock", "set", folder, "2026-01-02").stdout.startswith("2026-01-02T00:00:00")
    assert t2mc("clock", "advance", folder, "30d").stdout.startswith("2026-02-01T00:00:0")
    assert t2mc("clock", "show", folder).stdout.startswith("2026-02-01T00:00:")
    assert readings_by_tier(twin) == {"L3-cold": 1, "L3-archive": 0, "L3-hot": 0}
    assert "L3-cold" in t2mc("status", folder).stdout.partition("stored readings")[2]
    moved = t2mc("move", folder, "--json")
    assert moved.returncode == 0, moved.stderr
    assert "1.5" in t2mc("query", folder, "d1", "double", "--since", "60d").stdout
    assert "1.5" in t2mc("query", folder, "d1", "--last").stdout
    in_buckets(folder)
    refused = t2mc("clock", "advance", folder, "soon")
    assert refused.returncode == 2
    assert "a span must be as in 15m, 12h or 40d, found 'soon'" in refused.stderr
    assert t2mc("clock", "reset", folder).returncode == 0


def in_buckets(folder: Path) -> None:
    """The one reading of 2026-01-01T10:00, which is in the cold store, asked for in buckets."""
    since = ("--since", "2026-01-01T00:00:00Z", "--every", "1d")
    day = {"time": "2026-01-01T00:00:00.000Z"}
    asked = json.loads(t2mc("query", folder, "d1", "double", *since, "--json").stdout)
    assert asked == {"double": [{**day, "value": 1.5}]}
    every = t2mc("query", folder, "d1", *since, "--aggregate", "count")
    assert "d1, count of each 1d" in every.stdout
    numbers = json.loads(t2mc("query", folder, "d1", *since, "--json").stdout)
    assert numbers["double"] == [{**day, "value": 1.5}]
    assert not {"string", "boolean"} & numbers.keys(), "texts have no mean"
    for options, sentence in (
        (("--every", "soon"), "every must be whole seconds, or a span as in 90s, 5m, 1h, 1d; found 'soon'"),
        (("--every", "1d", "--aggregate", "median"), "aggregate must be one of min, max, mean, last, count"),
        (("--aggregate", "min"), "aggregate 'min' needs every"),
        (("--every", "1d", "--last"), "--last is of single readings"),
    ):
        refused = t2mc("query", folder, "d1", "double", *options, columns=400)
        assert (refused.returncode, sentence in refused.stderr) == (2, True), refused.stderr


def hours(days: int) -> list[tuple[str, float]]:
    """A reading every six hours from the beginning of 2014 on."""
    return [(from_milliseconds(1_388_534_400_000 + 21_600_000 * step), step / 7) for step in range(days * 4)]


@pytest.fixture
def in_glacier(tmp_path: Path) -> Iterator[RunningTwin]:
    """A twin whose archive has to be restored before it is read."""
    where = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=AZURE, l3_archive=AWS, l4=GCP, l5=AZURE)
    days = {"hot_retention_days": 20, "cold_retention_days": 40, "archive_retention_days": 70}
    with running(write_project(tmp_path / "p", where, config=days)) as made:
        yield made


def of_file(path: Path) -> list[tuple[str, float]]:
    """What an export has of d1's double, in its order."""
    rows = parquet.read_table(path).to_pylist()
    assert {(row["device"], row["property"]) for row in rows} == {("d1", "double")}
    return [(from_datetime(row["time"]), row["value_double"]) for row in rows]


def test_archived_readings_are_restored_exported_and_expire_at_last(in_glacier: RunningTwin, tmp_path: Path) -> None:
    twin, folder = in_glacier, in_glacier.deployment.folder
    points = hours(60)
    publish(twin, points)
    set_clock(twin.deployment, "2014-02-01T00:00:00Z")
    set_clock(twin.deployment, "2014-03-02T01:00:00Z")  # 60 days after the first reading
    assert t2mc("move", folder).returncode == 0  # the two schedules may have run in any order
    assert readings_by_tier(twin) == {"L3-hot": 80, "L3-cold": 80, "L3-archive": 80}
    assert history(twin) == points[80:]
    asked = t2mc("query", folder, "d1", "double", "--since", "400d", "--limit", "1000")
    assert "archived readings have to be restored first (20 chunks" in asked.stderr
    exported = tmp_path / "readings.parquet"
    partial = t2mc("export", "readings", folder, "d1", "g-001", "--to", exported)
    assert partial.returncode == 1
    assert f"{exported}: 160 values of 2 devices" in partial.stdout.replace("\n", "")
    assert "not whole: 20 archived chunks of d1 have to be restored first, from device=d1/" in partial.stderr
    assert of_file(exported) == points[80:]
    prompt = t2mc("restore", folder, "d1")
    assert prompt.returncode == 2
    assert "20 chunks" in prompt.stdout
    assert "at list price, readable after up to 12 h" in prompt.stdout
    assert "cannot prompt for confirmation (no terminal); pass --yes" in prompt.stderr
    assert (
        t2mc("restore", folder, "d1", "--yes")
        .stdout.splitlines()[-1]
        .startswith("all can be read from 2014-03-02T13:0")
    )
    assert history(twin) == points[80:]
    set_clock(twin.deployment, timedelta(hours=12))
    assert history(twin) == points
    whole = t2mc("export", "readings", folder, "d1", "--to", exported)
    assert whole.returncode == 0, whole.stderr
    assert of_file(exported) == points
    unknown = t2mc("export", "readings", folder, "d2", "--to", exported)
    assert (unknown.returncode, "no device 'd2'" in unknown.stderr) == (2, True)
    assert "nothing has to be restored" in t2mc("restore", folder, "d1", "--yes").stdout
    set_clock(twin.deployment, "2014-03-22T01:00:00Z")  # the first ten days are past the archive retention
    assert t2mc("move", folder).returncode == 0
    assert readings_by_tier(twin)["L3-archive"] == 120  # 20 days of before, 20 more, less 10
    record = list(twin.deployment.state.object_stores(AWS).rglob("deleted/*.jsonl"))
    assert sum(len(each.read_text().splitlines()) for each in record) == 10


def test_a_device_is_erased_on_every_cloud(in_glacier: RunningTwin) -> None:
    twin, folder = in_glacier, in_glacier.deployment.folder
    publish(twin, hours(60))
    twin.publish("g-001", [{"timestamp": "2014-01-01T00:00:00.000Z", "n": 1}])
    twin.settle()
    set_clock(twin.deployment, "2014-02-01T00:00:00Z")
    set_clock(twin.deployment, "2014-03-02T01:00:00Z")
    assert t2mc("move", folder).returncode == 0
    stored = json.loads(t2mc("storage", folder, "--json").stdout)
    assert [(each["cloud"], each["slot"], each["readings"]) for each in stored] == [
        ("azure", "L3-cold", 80),
        ("aws", "L3-archive", 81),
    ]
    report = json.loads(t2mc("erase", folder, "d1", "--yes", "--json").stdout)
    assert [(each["cloud"], each["readings"]) for each in report["stores"]] == [("gcp", 80), ("azure", 80), ("aws", 80)]
    assert readings_by_tier(twin) == {"L3-hot": 0, "L3-cold": 0, "L3-archive": 1}
    again = t2mc("erase", folder, "d1", "--yes")
    assert again.returncode == 0
    assert "dead letters dropped: 0" in again.stdout
    left = list(twin.deployment.state.root.rglob("device=d1*"))
    assert left == []
