from datetime import UTC, datetime, timedelta

import pytest

from tests.rigs.clouds import GCP
from tests.rigs.twin_view import CLIMATE, MemoryTwinView, smart_home
from twin2multicloud.domain.device import DeviceType
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.manage.device_readings import REREAD_EVERY, DeviceReadings
from twin2multicloud.manage.series import MOST_DRAWN, epoch_ms, stamp_of

START = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
WINDOW = 300_000


class Moving:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    @property
    def ms(self) -> int:
        return round(self.time.timestamp() * 1000)

    def on(self, seconds: int) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def view(clock: Moving) -> MemoryTwinView:
    return MemoryTwinView(smart_home(), clock)


def readings(view: MemoryTwinView, length: int | None = WINDOW) -> DeviceReadings:
    return DeviceReadings(view, "climate-kitchen", CLIMATE, length)


def test_the_first_read_fills_the_window(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    times = [time for time, _ in device.history["temperature"]]
    assert times == list(range(clock.ms - WINDOW, clock.ms + 1, 1000))
    assert device.latest["temperature"][0] == clock.ms


def test_later_reads_add_what_is_new_and_drop_what_is_old(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    clock.on(7)
    device.refresh(clock.ms)
    times = [time for time, _ in device.history["co2"]]
    assert times == list(range(clock.ms - WINDOW, clock.ms + 1, 1000))


def test_everything_is_kept_where_everything_is_asked_for(clock: Moving) -> None:
    device = readings(MemoryTwinView(smart_home(), clock, age=60), None)
    device.refresh(clock.ms)
    assert (device.bucket, len(device.history["co2"])) == (None, 60 + 1)
    clock.on(900)
    device.refresh(clock.ms)
    assert len(device.history["co2"]) == 60 + 900 + 1


HOUR = 3_600_000


@pytest.mark.parametrize(
    ("age", "length", "bucket"), [(1_200, None, 5_000), (6_000, None, 15_000), (7_200, HOUR, 10_000)]
)
def test_more_than_a_chart_can_draw_is_read_in_buckets(
    clock: Moving, age: int, length: int | None, bucket: int
) -> None:
    view = MemoryTwinView(smart_home(), clock, age)
    device = readings(view, length)
    device.refresh(clock.ms)
    assert device.bucket == bucket
    assert {aggregate for _, aggregate in view.asked} == {"min", "max", "last"}
    raw = view.history("climate-kitchen", ["temperature"], stamp_of(0), stamp_of(clock.ms), 10**7)["temperature"]
    first = clock.ms - length if length else 0
    shown = [value for stamp, value in raw if epoch_ms(stamp) >= first // bucket * bucket]
    drawn = device.history["temperature"]
    assert len(drawn) <= MOST_DRAWN + 2
    assert [time for time, _ in drawn] == sorted(time for time, _ in drawn)
    assert {time % bucket for time, _ in drawn} == {0}
    assert (min(value for _, value in drawn), max(value for _, value in drawn)) == (min(shown), max(shown))
    assert {value for _, value in device.history["mode"]} <= {"heating", "idle", "ventilating"}
    assert device.stale_after["temperature"] == 30_000, "of single readings, not of buckets"


def test_later_reads_complete_the_last_bucket_and_drop_what_is_old(clock: Moving) -> None:
    view = MemoryTwinView(smart_home(), clock, 7_200)
    device = readings(view, HOUR)
    device.refresh(clock.ms)
    for seconds in (7, 3, 25):
        clock.on(seconds)
        device.refresh(clock.ms)
        fresh = readings(view, HOUR)
        fresh.refresh(clock.ms)
        assert device.history == fresh.history


def test_all_there_is_in_buckets_is_read_again_less_often(clock: Moving) -> None:
    device = readings(MemoryTwinView(smart_home(), clock, 3_000), None)
    device.refresh(clock.ms)
    late = device.history["co2"][10]
    device.history["co2"].remove(late)
    for _ in range(REREAD_EVERY):
        clock.on(1)
        device.refresh(clock.ms)
    assert late not in device.history["co2"]


def test_a_constant_has_a_value_and_no_chart(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    assert device.latest["serial"] == (None, "CS-1042")
    assert "serial" not in device.history


def test_a_dark_cloud_is_an_error_and_what_was_read_stays(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    before = device.latest
    view.dark.add(GCP)
    with pytest.raises(TwinError, match="nobody listens"):
        device.refresh(clock.ms)
    assert device.latest == before
    view.dark.clear()
    clock.on(60)
    device.refresh(clock.ms)
    assert device.history["co2"][-1][0] == clock.ms


def test_what_a_dark_cloud_missed_is_read_when_it_is_back(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    clock.on(120)
    device.refresh(clock.ms)
    times = [time for time, _ in device.history["temperature"]]
    assert times == list(range(clock.ms - WINDOW, clock.ms + 1, 1000))


def test_what_no_type_declares_is_shown_as_such(view: MemoryTwinView, clock: Moving) -> None:
    view.undeclared = {"pressure": 1013.2, "firmware": "1.2"}
    device = readings(view)
    device.refresh(clock.ms)
    assert device.undeclared == ("pressure", "firmware")
    assert device.latest["pressure"] == (clock.ms, 1013.2)
    assert "pressure" not in device.history


def test_a_device_without_properties_has_nothing_to_show(view: MemoryTwinView, clock: Moving) -> None:
    device = DeviceReadings(view, "button", DeviceType(name="button", properties=()), WINDOW)
    device.refresh(clock.ms)
    assert device.loaded
    assert device.latest == {}


def test_what_arrives_late_is_found_when_the_window_is_read_again(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view)
    device.refresh(clock.ms)
    late = device.history["co2"][100]
    device.history["co2"].remove(late)
    for _ in range(REREAD_EVERY - 1):
        clock.on(1)
        device.refresh(clock.ms)
    assert late not in device.history["co2"]
    device.refresh(clock.ms)
    assert late in device.history["co2"]
