"""Recorded telemetry through three clouds: what the hot reader returns is what the file says, value by value."""

from pathlib import Path

import pytest
from tests.rigs.running_twin import running

from twin2multicloud.fleet.pacing import play
from twin2multicloud.fleet.recordings import read_mapping, read_recording
from twin2multicloud.fleet.second_reading import differences
from twin2multicloud.operations.checks import compare
from twin2multicloud.project.templates import write_template

pytestmark = pytest.mark.functional

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("recording", "mapping", "rows", "values"),
    [
        ("room-climate/location_A-measurement01.csv", "room-climate", 8_184, 8 * 8_184),
        ("room-climate/location_A-measurement06.csv", "room-climate", 9_832, 8 * 9_832),
        ("nab/machine_temperature_system_failure.csv", "machine-temperature", 22_695, 22_695),
    ],
)
def test_a_recording_comes_back_equal(tmp_path: Path, recording: str, mapping: str, rows: int, values: int) -> None:
    file = DATA / recording
    if not file.exists():
        pytest.skip(f"no recorded telemetry here: {file} is absent")
    folder = tmp_path / "room-climate"
    write_template("room-climate", folder)
    how = read_mapping((folder / "mappings" / f"{mapping}.json").read_bytes(), mapping)
    with running(folder) as twin:
        placement = twin.deployment.twin.placement
        assert len({placement.l1, placement.l2, placement.l3_hot}) == 3
        recording = read_recording(file.read_bytes(), how, twin.deployment.twin.catalog, file.name)
        assert differences(recording, file.name) == []
        recorded = recording.readings
        assert len(recorded) == rows
        with twin.connect() as gateway:
            play(recorded, gateway.publish, speed=None)
            assert gateway.wait_for_acknowledgements()
        statuses = twin.settle(120)
        found = compare(recorded, twin.client)
        assert [each for each in found if not each.equal] == []
        assert sum(each.published for each in found) == values
        assert [status.stored for status in statuses if status.stored is not None] == [rows]
