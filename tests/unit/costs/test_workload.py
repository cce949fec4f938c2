"""A workload's figures are checked, each with one sentence that says what is wrong."""

import math

import pytest

from twin2multicloud.costs.workload import Workload, workload_from
from twin2multicloud.domain.errors import ConfigurationError

GOOD = {
    "devices": 10, "interval_min": 1, "message_kb": 0.5, "hot_months": 1, "cool_months": 3, "archive_months": 12,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"devices": -5}, "devices is -5, expected a number from 1 to 1,000,000,000"),
        ({"devices": 0}, "devices is 0"),
        ({"interval_min": 0}, "interval_min is 0.0, expected a number above 0"),
        ({"message_kb": -1}, "message_kb is -1.0"),
        ({"viewers": -1}, "viewers is -1, expected a number from 0"),
        ({"active_hours_per_day": 25}, "active_hours_per_day is 25.0, expected a number from 0 to 24"),
        ({"cool_months": 0.5}, "cool_months is 0.5, shorter than hot_months (1)"),
        ({"archive_months": 2}, "archive_months is 2, shorter than cool_months (3)"),
        ({"hot_months": -1}, "hot_months is -1.0, expected a number at least 0"),
        ({"devices": "many"}, "devices: expected `int`, got `str`"),
        ({"devices": 1.5}, "devices: expected `int`, got `float`"),
        ({"device": 3}, "device is not a figure of a workload; did you mean devices?"),
        ({"messages_per_request": 0}, "messages_per_request is 0"),
    ],
)
def test_bad_figures_get_one_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        workload_from(GOOD | change, "w.json")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("w.json: ")
    assert "\n" not in str(caught.value)


def test_a_missing_figure_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"w.json: object missing required field `interval_min`"):
        workload_from({"devices": 3}, "w.json")


@pytest.mark.parametrize("found", [None, [], "x", 3])
def test_what_is_no_object_is_refused(found: object) -> None:
    with pytest.raises(ConfigurationError, match="expected an object"):
        workload_from(found)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ConfigurationError, match=r"message_kb is (nan|inf)"):
        Workload(devices=1, interval_min=1, message_kb=value, hot_months=1, cool_months=1, archive_months=1)


def test_a_good_one_is_read() -> None:
    assert workload_from(GOOD).devices == 10
