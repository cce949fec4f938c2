"""Live readings and readers of a twin on this machine, without one that runs."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.emulator.host.deployment import prepare
from twin2multicloud.operations.readings import live_readings
from twin2multicloud.operations.twin import open_twin, properties_of
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.project.templates import write_template


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path, twin=twin(Placement.single(AWS)), notes=(), processors={})


def test_live_readings_come_at_their_rate(project: Project) -> None:
    made = itertools.islice(live_readings(prepare(project), rate=20, seed=1), 5)
    times = [to_datetime(str(each["timestamp"])) for each in made]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([0.05] * 4, abs=0.0011)


def test_after_a_pause_stamps_are_of_now_and_no_meter_falls(tmp_path: Path) -> None:
    write_template("smart-home", tmp_path / "home")
    project, clock = load_project(tmp_path / "home"), [datetime(2026, 1, 15, 10, tzinfo=UTC)]
    source = live_readings(prepare(project), rate=1, seed=1, devices=["smart-meter"], now=lambda: clock[0])
    before = list(itertools.islice(source, 50))
    clock[0] += timedelta(minutes=30)
    after = list(itertools.islice(source, 50))
    assert [each["timestamp"] for each in (before[0], before[49], after[0])] == [
        *("2026-01-15T10:00:00.000Z", "2026-01-15T10:00:49.000Z", "2026-01-15T10:29:59.000Z")
    ]
    energy = [each["energy"] for each in (*before, *after)]
    assert energy == sorted(energy)


def test_a_twin_that_never_was_up_has_no_readers(tmp_path: Path) -> None:
    write_template("smart-home", tmp_path)
    with pytest.raises(TwinError, match="nothing is deployed from"):
        open_twin(tmp_path, deployed=False)


@pytest.mark.parametrize(
    ("device", "suggestion"), [("nobody", "it has sensor-1, "), ("sensor1", "did you mean sensor-1?")]
)
def test_a_device_that_is_not_there_gets_a_suggestion_or_some_that_are(
    project: Project, device: str, suggestion: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"no device {device!r}; {suggestion}")):
        properties_of(project.twin.catalog, device)
