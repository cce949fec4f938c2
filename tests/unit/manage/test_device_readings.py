from datetime import UTC, datetime, timedelta

import pytest

from tests.rigs.clouds import GCP
from tests.rigs.twin_view import CLIMATE, MemoryTwinView, smart_home
from twin2multicloud.domain.device import DeviceType
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.manage.device_readings import REREAD_EVERY, DeviceReadings

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


def test_everything_is_kept_where_everything_is_asked_for(view: MemoryTwinView, clock: Moving) -> None:
    device = readings(view, None)
    device.refresh(clock.ms)
    clock.on(900)
    device.refresh(clock.ms)
    assert len(device.history["co2"]) == 1200 + 900 + 1


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
