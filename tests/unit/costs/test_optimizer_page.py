"""The optimizer's page without a browser: its sliders' scales, ages that push each other, and the chart's figures."""

import msgspec
import pytest

from twin2multicloud.costs.optimizer import optimize
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.workload import Workload
from twin2multicloud.manage.cost_chart import stacked_bars
from twin2multicloud.manage.optimizer_page import KNOBS, Knob, pushed_ages


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.figure)
def test_every_place_of_a_slider_is_a_workload(knob: Knob, preset: Workload) -> None:
    assert knob.value_at(0) == pytest.approx(knob.low)
    assert knob.value_at(200) == pytest.approx(knob.high)
    for step in range(0, 201, 20):
        value = knob.value_at(step)
        changed = msgspec.structs.replace(preset, **pushed_ages(preset, knob.figure, value))
        assert getattr(changed, knob.figure) == value
        assert knob.value_at(knob.step_of(value)) == pytest.approx(value, rel=0.03)


def test_a_value_beyond_a_slider_stands_at_its_end() -> None:
    knob = next(each for each in KNOBS if each.figure == "devices")
    assert (knob.step_of(10**9), knob.step_of(0.1)) == (200, 0)


@pytest.mark.parametrize(
    ("figure", "value", "expected"),
    [
        ("hot_months", 20, {"hot_months": 20, "cool_months": 20}),
        ("cool_months", 1, {"cool_months": 1, "hot_months": 1}),
        ("archive_months", 0, {"archive_months": 0, "hot_months": 0, "cool_months": 0}),
        ("cool_months", 12, {"cool_months": 12}),
        ("devices", 7, {"devices": 7}),
    ],
)
def test_ages_push_each_other(figure: str, value: float, expected: dict[str, float]) -> None:
    assert pushed_ages(PRESETS["medium"], figure, value) == expected


def test_the_chart_has_a_bar_for_each_cloud_that_can(book: PriceBook, preset: Workload) -> None:
    result = optimize(preset, book)
    options = stacked_bars(result, book)
    totals = [sum(series["data"][n] for series in options["series"]) for n in range(len(options["yAxis"]["data"]))]
    alone = [cost for cost in result.single_cloud.values() if cost is not None]
    assert totals == pytest.approx([result.total, *alone], abs=0.05)
