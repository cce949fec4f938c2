"""What a project says of its workload: each figure by hand, and that what is said otherwise wins."""

import pytest

from tests.rigs.clouds import AWS
from twin2multicloud.costs.project_workload import SENDING, derived_figures
from twin2multicloud.costs.workload import Workload, workload_from
from twin2multicloud.domain.device import DeviceCatalog, DeviceGroup
from twin2multicloud.domain.event_rule import ActionKind, Comparison, EventAction, EventRule, Term
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import DashboardSource, Twin

FEEDBACK = EventRule(
    name="too-hot", when=Term(property="temperature", comparison=Comparison.GREATER, threshold=30),
    action=EventAction(kind=ActionKind.FEEDBACK, name="cool"),
)  # fmt: skip
TWIN = Twin(
    name="twin",
    placement=Placement.single(AWS),
    catalog=DeviceCatalog(groups=(DeviceGroup(name="presses", id_pattern="press-{n}", type="press", count=40),)),
    hot_retention_days=73,
    cold_retention_days=365,
    enable_events=True,
    events=(FEEDBACK,),
    dashboard=DashboardSource.HOT_STORE,
)


def figures(said: dict[str, object]) -> dict[str, object]:
    return {each.figure: each.value for each in derived_figures(TWIN, said)}


def test_days_become_months_of_730_hours() -> None:
    found = figures({})
    assert found["hot_months"] == pytest.approx(2.4)
    assert found["cool_months"] == pytest.approx(12)


def test_with_what_devices_send_it_is_a_workload() -> None:
    w = workload_from({"interval_min": 5, "message_kb": 0.5} | figures({}))
    assert (w.devices, w.archive_months, w.dashboards) == (40, 36, "hot-store")
    assert (w.events, w.event_workflow, w.event_feedback) == (True, False, True)
    assert not set(SENDING) & set(figures({}))


def test_what_is_said_is_not_derived() -> None:
    assert "devices" not in figures({"devices": 3})
    assert set(figures({})) - set(figures({"hot_months": 1})) == {"hot_months"}


def test_the_archive_lasts_as_long_as_what_is_cold() -> None:
    assert figures({"cool_months": 60})["archive_months"] == 60
    assert figures({"cool_months": "long"})["archive_months"] == 36  # the workload's own check says what is wrong


def test_every_figure_is_one_of_a_workload() -> None:
    assert set(figures({})) <= set(Workload.__struct_fields__)


def test_each_is_said_with_its_reason() -> None:
    said = [str(each) for each in derived_figures(TWIN, {})]
    assert "devices 40 (all devices)" in said
    assert "hot_months 2.4 (hot_retention_days 73)" in said
    assert "events true (enable_events)" in said
