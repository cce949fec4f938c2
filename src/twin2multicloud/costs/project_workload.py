"""What a project already says of its workload: its devices, how long readings stay, its events, where dashboards read.

Owns that derivation, from the twin alone; reads no file. How often and how much devices send is in no project.
"""

from collections.abc import Mapping

import msgspec

from twin2multicloud.costs.workload import DAYS_PER_MONTH
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.twin import Twin

ARCHIVE_MONTHS = 36.0
"""When the archive is emptied, in months of age: no project says it, and a cost per month needs an end."""
SENDING = ("interval_min", "message_kb")
"""The figures that no project says."""


class DerivedFigure(msgspec.Struct, frozen=True):
    """One figure of a workload that the project said, and by what."""

    figure: str
    value: bool | int | float | str
    reason: str

    def __str__(self) -> str:
        value = f"{self.value:,.4g}" if isinstance(self.value, float) else str(self.value).lower()
        return f"{self.figure} {value} ({self.reason})"


def derived_figures(twin: Twin, given: Mapping[str, object]) -> tuple[DerivedFigure, ...]:
    """The figures that the twin gives, without those that are `given` otherwise. Ages are days / 30.4167."""
    hot, cool = twin.hot_retention_days / DAYS_PER_MONTH, twin.cold_retention_days / DAYS_PER_MONTH
    figures = (
        DerivedFigure("devices", len(twin.catalog), "all devices"),
        DerivedFigure("hot_months", hot, f"hot_retention_days {twin.hot_retention_days}"),
        DerivedFigure("cool_months", cool, f"cold_retention_days {twin.cold_retention_days}"),
        _archive_age(given.get("cool_months", cool)),
        *_events(twin),
        DerivedFigure("batch_window", twin.batch_window, f"batch_window {twin.batch_window}"),
        DerivedFigure("dashboards", twin.dashboard.value, "dashboard"),
    )
    return tuple(each for each in figures if each.figure not in given)


def _events(twin: Twin) -> tuple[DerivedFigure, ...]:
    on = DerivedFigure("events", twin.enable_events, "enable_events")
    if not twin.enable_events:
        return (on,)
    kinds = {rule.action.kind for rule in twin.events if rule.action is not None}
    return (
        on,
        DerivedFigure("event_workflow", ActionKind.WORKFLOW in kinds, "the rules' actions"),
        DerivedFigure("event_feedback", ActionKind.FEEDBACK in kinds, "the rules' actions"),
    )


def _archive_age(cool: object) -> DerivedFigure:
    """Three years, or as long as readings stay cold where that is longer."""
    age = max(float(cool), ARCHIVE_MONTHS) if isinstance(cool, int | float) else ARCHIVE_MONTHS
    return DerivedFigure("archive_months", age, "assumed: no project says when the archive is emptied")
