"""Panels: what a history, latest values and an age look like. Owns their look and size; asks nothing itself."""

from collections.abc import Iterable, Sequence

from twin2multicloud.dashboards.data_source import NUMBERS, Feed, Json, Questions
from twin2multicloud.dashboards.units import grafana_unit
from twin2multicloud.domain.device import Property
from twin2multicloud.domain.event_rule import Comparison, EventRule

WIDTH = 24
STALE_AFTER, SILENT_AFTER = 300, 3600
"""Seconds after which a device's age turns orange, and red."""

_BAD_ABOVE = (Comparison.GREATER, Comparison.GREATER_EQUAL)
_BAD_BELOW = (Comparison.LESS, Comparison.LESS_EQUAL)


def history(questions: Questions, feed: Feed, prop: Property, rules: Sequence[EventRule]) -> Json | None:
    """A property over time: a line for a number, a state timeline for others; rules are thresholds of numbers."""
    target = questions.history(feed, prop)
    if target is None:
        return None
    defaults: Json = {"unit": grafana_unit(prop.unit), "color": {"mode": "palette-classic"}}
    shortest: Json = {"interval": "1s"}  # of a panel's step: the readers have none below
    if prop.data_type not in NUMBERS:
        defaults["custom"] = {"fillOpacity": 70}
        return _panel("state-timeline", prop.name, target, defaults, size=(12, 5)) | shortest
    style = "line" if (steps := _steps(rules)) else "off"
    defaults["custom"] = {
        "lineWidth": 1,
        "fillOpacity": 8,
        "showPoints": "auto",
        "spanNulls": False,
        "thresholdsStyle": {"mode": style},
    }
    defaults["thresholds"] = {"mode": "absolute", "steps": steps or [{"color": "green", "value": None}]}
    return _panel("timeseries", prop.name, target, defaults, size=(12, 8)) | shortest


def latest(questions: Questions, feed: Feed, properties: tuple[Property, ...], title: str) -> Json | None:
    """A table of the latest value of each property."""
    target = questions.latest(feed, properties)
    if target is None:
        return None
    panel = _panel("table", title, target, {}, size=(18, 2 + max(4, len(properties))))
    panel["fieldConfig"]["overrides"] = [
        {
            "matcher": {"id": "byName", "options": "time"},
            "properties": [{"id": "unit", "value": "dateTimeFromNow"}],
        }
    ]
    return panel


def age(
    questions: Questions, feed: Feed, properties: tuple[Property, ...], title: str, link: Json | None = None
) -> Json | None:
    """How long ago the newest value was measured; a link leads to the device."""
    target = questions.age(feed, properties)
    if target is None:
        return None
    steps = [
        {"color": "green", "value": None},
        {"color": "orange", "value": STALE_AFTER},
        {"color": "red", "value": SILENT_AFTER},
    ]
    defaults = {
        "unit": "s",
        "decimals": 0,
        "noValue": "no reading yet",
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    panel = _panel("stat", title, target, defaults, size=(6, 4))
    panel["options"] = {"colorMode": "background", "graphMode": "none", "reduceOptions": {"calcs": ["lastNotNull"]}}
    if link is not None:
        panel["links"] = [link]
    return panel


def text(title: str, content: str, height: int) -> Json:
    """A panel of text, in Markdown."""
    return {
        "type": "text",
        "title": title,
        "gridPos": {"w": WIDTH, "h": height},
        "options": {"mode": "markdown", "content": content},
    }


def row(title: str) -> Json:
    """A heading over panels."""
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"w": WIDTH, "h": 1}}


def dashboards_with(tag: str, title: str) -> Json:
    """A list of all dashboards with a tag."""
    return {
        "type": "dashlist",
        "title": title,
        "gridPos": {"w": WIDTH, "h": 10},
        "options": {"showSearch": True, "showStarred": False, "showHeadings": False, "tags": [tag], "maxItems": 100},
    }


def placed(panels: Iterable[Json]) -> list[Json]:
    """Panels with an id and a place, from left to right, in lines as high as their highest."""
    done: list[Json] = []
    x = y = height = 0
    for number, panel in enumerate(panels, 1):
        size = panel["gridPos"]
        if x + size["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        done.append({"id": number, **panel, "gridPos": {"x": x, "y": y, **size}})
        x, height = x + size["w"], max(height, size["h"])
    return done


def _panel(kind: str, title: str, target: Json, defaults: Json, *, size: tuple[int, int]) -> Json:
    return {
        "type": kind,
        "title": title,
        "datasource": target["datasource"],
        "targets": [target],
        "gridPos": {"w": size[0], "h": size[1]},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {},
    }


def _steps(rules: Sequence[EventRule]) -> list[Json]:
    """Threshold steps of rules about a number: red where the lowest upper bound, or highest lower one, is passed."""
    terms = [each.term for each in rules if each.term is not None]
    numbers = [each for each in terms if isinstance(each.threshold, int | float)]
    above = [each.threshold for each in numbers if each.comparison in _BAD_ABOVE]
    below = [each.threshold for each in numbers if each.comparison in _BAD_BELOW]
    if not above and not below:
        return []
    steps: list[Json] = [{"color": "red" if below else "green", "value": None}]
    if below:
        steps.append({"color": "green", "value": max(below, key=float)})
    if above:
        steps.append({"color": "red", "value": min(above, key=float)})
    return steps
