"""What became of a recording: stored, lost, dropped by user code, or not known."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.rigs.clouds import AWS, AZURE
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property, Scalar
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.host.status import CloudStatus
from twin2multicloud.fleet.recordings import DeviceColumn, Mapping, Recording, read_recording
from twin2multicloud.operations.replaying import look_for, open_recording, to_publish

CATALOG = DeviceCatalog(
    types=(DeviceType(name="t", properties=(Property(name="n", data_type=DataType.LONG),)),),
    devices=(Device(id="plain", type="t"), Device(id="processed", type="t", processor="filter")),
)


class Clouds:
    """A running twin's answers: what its hot store holds, and which clouds are dark."""

    def __init__(self, stored: dict[str, list[tuple[str, Scalar]]], *dark: str) -> None:
        self._stored, self._dark = stored, dark

    def statuses(self) -> tuple[CloudStatus, ...]:
        return tuple(CloudStatus(cloud=cloud, running=cloud not in self._dark) for cloud in (AWS, AZURE))

    def history(self, device: str, names: list[str], start: str, end: str, _most: int) -> dict[str, list]:
        points = [point for point in self._stored.get(device, []) if start < point[0] <= end]
        return dict.fromkeys(names, points)


def recorded(text: str, **options: object) -> Recording:
    how = Mapping(time="when", device=DeviceColumn(column="who"), properties={"n": "n"}, **options)
    return read_recording(text.encode(), how, CATALOG, "file.csv")


ROWS = "when,who,n\n1700000000,plain,1\n1700000060,plain,2\n1700000000,processed,3\n1700000060,processed,\n"
FIRST, SECOND = "2023-11-14T22:13:20.000Z", "2023-11-14T22:14:20.000Z"


def test_every_reading_is_looked_for_and_user_code_may_drop_its_own() -> None:
    published = to_publish(recorded(ROWS), now=False, ends=True)
    assert len(published) == 3, "a row without a value is not published"
    everything = {"plain": [(FIRST, 1), (SECOND, 2)], "processed": [(FIRST, 3)]}
    assert look_for(published, Clouds(everything), CATALOG).stored == 3
    partly = look_for(published, Clouds({"plain": [(FIRST, 1)]}), CATALOG)
    assert (partly.stored, partly.lost) == (1, 1)
    assert [(each.device, each.missing) for each in partly.comparisons] == [("plain", 1), ("processed", 1)]


def test_while_a_cloud_is_dark_nothing_is_known() -> None:
    arrived = look_for(to_publish(recorded(ROWS), now=False, ends=True), Clouds({}, AZURE), CATALOG)
    assert (arrived.stored, arrived.dark) == (None, ["Azure"])


def test_a_recording_can_end_now() -> None:
    before = datetime.now(UTC).isoformat()
    published = to_publish(recorded(ROWS), now=True, ends=True)
    assert str(published[1]["timestamp"])[:16] >= before[:16]


def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("when,who,n\n")
    how = Mapping(time="when", device=DeviceColumn(column="who"), properties={"n": "n"})
    with pytest.raises(ConfigurationError, match="holds no rows"):
        open_recording(empty, how, CATALOG, None)
