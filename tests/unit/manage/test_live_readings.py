"""What is new since the last look: every reading once, late ones too, as far as one looks back."""

from collections.abc import Sequence

from tests.rigs.twin_view import MemoryTwinView, smart_home
from twin2multicloud.domain.device import Scalar
from twin2multicloud.manage.live_readings import LiveReading, LiveReadings

METER = "meter-house"


class Written(MemoryTwinView):
    """A view of what a test writes."""

    def __init__(self) -> None:
        super().__init__(smart_home())
        self.rows: list[tuple[str, float]] = []

    def history(
        self,
        device_id: str,
        properties: Sequence[str],
        start: str,
        end: str,
        max_points: int = 5000,
        *,
        every: str | None = None,
        aggregate: str | None = None,
    ) -> dict[str, list[tuple[str, Scalar]]]:
        return {"power": [(stamp, value) for stamp, value in sorted(self.rows) if start < stamp <= end]}


def at(second: int) -> str:
    return f"2026-01-15T10:30:{second:02}.000Z"


def followed(view: Written) -> LiveReadings:
    return LiveReadings(view, view.twin.catalog, [METER], at(0))


def test_each_reading_is_new_once_and_what_was_before_is_not() -> None:
    view = Written()
    live = followed(view)
    view.rows = [(at(0), 1.0), (at(5), 2.0)]
    assert live.look() == [LiveReading(METER, at(5), {"power": 2.0})]
    assert live.look() == []
    view.rows += [(at(7), 3.0), (at(6), 2.5)]
    assert [each.timestamp for each in live.look()] == [at(6), at(7)]


def test_a_late_reading_is_new_too_if_it_is_not_too_late() -> None:
    view = Written()
    live = followed(view)
    view.rows = [(at(30), 1.0)]
    assert len(live.look()) == 1
    view.rows += [(at(25), 2.0), (at(5), 3.0)]
    assert [each.timestamp for each in live.look()] == [at(25)]


def test_a_device_that_the_twin_does_not_have_says_nothing() -> None:
    view = Written()
    assert LiveReadings(view, view.twin.catalog, ["nobody"], at(0)).look() == []
