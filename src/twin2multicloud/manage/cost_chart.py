"""Chart options (Apache ECharts) for costs by layer. Owns the look; pure, prices through `costs`."""

from typing import Any

from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.chart import CROSSINGS, LAYERS, bar_of
from twin2multicloud.costs.optimizer import Result
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.manage.charts import AXIS, GRID
from twin2multicloud.planning.clouds import label_of


def stacked_bars(result: Result, book: PriceBook) -> dict[str, Any]:
    """All options: the cheapest placement and each cloud alone, a bar each, a colour per layer."""
    t = Traffic.of(result.workload)
    bars = [bar_of("Cheapest", result.breakdown.by_place)]
    bars += [
        bar_of(label_of(cloud), breakdown(Placement.single(cloud), t, book).by_place)
        for cloud, cost in result.single_cloud.items()
        if cost is not None
    ]
    names = (*(slot.value for slot in Slot), CROSSINGS)
    return {
        "animationDuration": 200,
        "grid": {"left": 8, "right": 24, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {
            "type": "scroll",
            "top": 0,
            "left": 0,
            "itemWidth": 12,
            "itemHeight": 12,
            "textStyle": {"color": AXIS},
        },
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": {"type": "value", "axisLabel": {"color": AXIS}, "splitLine": {"lineStyle": {"color": GRID}}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [bar.label for bar in bars],
            "axisLabel": {"color": AXIS},
            "axisTick": {"show": False},
            "axisLine": {"show": False},
        },
        "series": [
            {
                "name": name,
                "type": "bar",
                "stack": "cost",
                "barWidth": 22,
                "itemStyle": {"color": colour},
                "data": [round(bar.parts[name], 2) for bar in bars],
            }
            for name, colour in zip(names, LAYERS, strict=True)
        ],
    }
