"""Chart options (Apache ECharts) for one property over time. Owns the look of charts; pure, no data source.

Colours are chosen to be readable on the light and on the dark page alike, so that a switch of theme redraws nothing.
"""

from collections.abc import Sequence
from typing import Any

from twin2multicloud.domain.device import DataType, Property, Scalar
from twin2multicloud.manage.series import Point, changes, thinned

Options = dict[str, Any]

LINE = "#5b7cfa"
AXIS = "#8491a3"
GRID = "rgba(132, 145, 163, 0.16)"
_NUMERIC = frozenset({DataType.DOUBLE, DataType.INTEGER, DataType.LONG})
_MOST_WORDS = 8
_EXACT_IN_JAVASCRIPT = 2**53 - 1  # Number.MAX_SAFE_INTEGER


def is_numeric(prop: Property) -> bool:
    """Whether a property is drawn as a line over a value axis; others are steps between words."""
    return prop.data_type in _NUMERIC


def chart_options(prop: Property, points: Sequence[Point], start: int, end: int) -> Options:
    """All options of a property's chart between `start` and `end` (epoch ms)."""
    first = points[0][0] if points and start == 0 else start
    return {
        "animation": False,
        "grid": {"left": 8, "right": 14, "top": 14, "bottom": 4, "containLabel": True},
        "tooltip": _tooltip(prop),
        "xAxis": {
            "type": "time",
            "min": first,
            "max": end,
            "splitNumber": 4,
            "axisLine": {"lineStyle": {"color": GRID}},
            "axisTick": {"show": False},
            "axisLabel": {"color": AXIS, "fontSize": 11, "hideOverlap": True},
        },
        **(_value_series(points) if is_numeric(prop) else _word_series(prop, points)),
    }


def _tooltip(prop: Property) -> Options:
    suffix = f" {prop.unit}" if prop.unit else ""
    return {
        "trigger": "axis",
        "confine": True,
        "transitionDuration": 0,
        "backgroundColor": "",
        "borderColor": GRID,
        "extraCssText": "background: var(--card); box-shadow: 0 4px 16px rgba(0,0,0,.18);",
        "textStyle": {"color": "var(--ink)", "fontSize": 12},
        ":valueFormatter": f"value => value === undefined ? '–' : value + {suffix!r}",
    }


def _axis(**more: object) -> Options:
    return {
        "axisLabel": {"color": AXIS, "fontSize": 11},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitLine": {"lineStyle": {"color": GRID}},
        **more,
    }


def _series(data: list[Point], **more: object) -> Options:
    return {
        "type": "line",
        "data": data,
        "showSymbol": len(data) == 1,
        "symbolSize": 6,
        "lineStyle": {"width": 1.8, "color": LINE},
        "itemStyle": {"color": LINE},
        **more,
    }


def _value_series(points: Sequence[Point]) -> Options:
    area = {"color": LINE, "opacity": 0.08, "origin": "start"}
    return {
        "yAxis": _axis(type="value", scale=True, splitNumber=3),
        "series": [_series([(time, _for_javascript(value)) for time, value in thinned(points)], areaStyle=area)],
    }


def _for_javascript(value: Scalar) -> Scalar:
    """A whole number that JavaScript's numbers would change as its digits, which ECharts places as the number."""
    return str(value) if isinstance(value, int) and abs(value) > _EXACT_IN_JAVASCRIPT else value


def _word_series(prop: Property, points: Sequence[Point]) -> Options:
    """Steps between words. A property with very many words shows those seen last."""
    if prop.data_type is DataType.BOOLEAN:
        words = ["off", "on"]
        steps: list[Point] = [(time, words[bool(value)]) for time, value in changes(points)]
    else:
        steps = changes(points)
        words = sorted({str(value) for _, value in _latest_words(steps)})
        steps = [(time, value) for time, value in steps if value in words]
    # A value holds until the next one. ECharts counts steps along the category axis, here the vertical one: "start".
    return {"yAxis": _axis(type="category", data=words), "series": [_series(steps, step="start")]}


def _latest_words(steps: Sequence[Point]) -> list[Point]:
    seen: dict[object, Point] = {}
    for point in reversed(steps):
        seen.setdefault(point[1], point)
        if len(seen) == _MOST_WORDS:
            break
    return list(seen.values())
