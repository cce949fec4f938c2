"""Many devices at a glance: their state by what was heard of them, their latest values in words."""

from datetime import UTC, datetime, timedelta

from tests.rigs.twin_view import MemoryTwinView, smart_home
from twin2multicloud.manage.overview import Overview

START = datetime(2026, 1, 15, 10, tzinfo=UTC)
DEVICES = ("climate-kitchen", "meter-house")


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def ms(self) -> int:
        return round(self.now.timestamp() * 1000)


def states(overview: Overview, clock: Clock) -> dict[str, tuple[str, str]]:
    return {row["device"]: (row["state"], row["age"]) for row in overview.rows(clock.ms())}


def test_a_device_is_live_until_it_should_have_been_heard_of_again() -> None:
    clock, twin = Clock(), smart_home()
    overview = Overview(MemoryTwinView(twin, clock), twin.catalog, DEVICES, 2)
    assert states(overview, clock) == dict.fromkeys(DEVICES, ("loading …", ""))
    overview.refresh()
    assert states(overview, clock) == dict.fromkeys(DEVICES, ("live", "now"))
    clock.now += timedelta(seconds=31)
    assert states(overview, clock) == dict.fromkeys(DEVICES, ("silent", "31 s ago"))
    overview.refresh()
    assert states(overview, clock) == dict.fromkeys(DEVICES, ("live", "now"))


def test_what_comes_every_minute_is_not_silent_after_half_of_one() -> None:
    clock, twin = Clock(), smart_home()
    overview = Overview(MemoryTwinView(twin, clock), twin.catalog, DEVICES, 2)
    for _ in range(4):
        overview.refresh()
        clock.now += timedelta(minutes=1)
    assert states(overview, clock)["meter-house"] == ("live", "1 min ago")


def test_a_row_has_the_measured_values_with_their_units_and_no_constants() -> None:
    clock, twin = Clock(), smart_home()
    overview = Overview(MemoryTwinView(twin, clock), twin.catalog, DEVICES, 2)
    overview.refresh()
    climate, meter = overview.rows(clock.ms())
    assert [part.split()[0] for part in climate["values"].split(" · ")] == [
        *("temperature", "humidity", "co2", "occupied", "…")
    ]
    assert meter["values"].endswith(" kWh")
    assert (meter["type"], meter["age_ms"]) == ("smart-meter", 0)


def test_a_device_that_was_never_heard_of_sorts_last() -> None:
    class Silent(MemoryTwinView):
        def latest(self, device_id, properties):
            return {}

    clock, twin = Clock(), smart_home()
    overview = Overview(Silent(twin, clock), twin.catalog, DEVICES, 2)
    overview.refresh()
    rows = overview.rows(clock.ms())
    assert [row["state"] for row in rows] == ["no reading yet"] * 2
    assert min(row["age_ms"] for row in rows) > 10**12
