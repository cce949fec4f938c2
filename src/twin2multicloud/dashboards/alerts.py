"""Event rules as Grafana's alert rules: the same condition, asked of the data source every minute.

They page people; what the rule does to the twin (function, workflow, feedback) stays with the event checker.
Shape: grafana.com, alerting, provision alerting resources with files.
"""

from twin2multicloud.dashboards.boards import board_uid
from twin2multicloud.dashboards.data_source import Feed, Json, Questions
from twin2multicloud.domain.device import DataType, Property
from twin2multicloud.domain.event_rule import EventRule, Term
from twin2multicloud.domain.twin import Twin

_LOOKS_BACK = 600
"""Seconds: a device that sends every few minutes has a value in them."""
_EXPRESSION = {"type": "__expr__", "uid": "__expr__"}


def alert_groups(twin: Twin, questions: Questions) -> tuple[list[Json], list[str]]:
    """The rule groups of a twin, and a sentence for each event rule that Grafana cannot ask."""
    if not twin.enable_events:
        return [], []
    rules, gaps = [], []
    for rule in twin.events:
        made, gap = _alert(twin, questions, rule)
        rules += [made] if made is not None else []
        gaps += [gap] if gap is not None else []
    group = {"orgId": 1, "name": f"t2mc-{twin.name}", "folder": twin.name, "interval": "1m", "rules": rules}
    return ([group] if rules else []), gaps


def _alert(twin: Twin, questions: Questions, rule: EventRule) -> tuple[Json | None, str | None]:
    if rule.device is None:
        owners = "group" if rule.group is not None else "type"
        return None, f"rule {rule.name} is for a {owners}, and a query asks one device; it has no alert in Grafana."
    term = rule.term
    if term is None:
        return None, f"rule {rule.name} is more than one comparison with one value; it has no alert in Grafana."
    device_type = twin.catalog.type_of(rule.device)
    prop = device_type.property(term.property) if device_type is not None else None
    if prop is None or prop.data_type is DataType.STRING or isinstance(term.threshold, str):
        return None, f"rule {rule.name} compares text, which Grafana's expressions cannot; it has no alert in Grafana."
    target = questions.history(_feed(twin, rule.device), as_number(prop), sampled=False)
    if target is None:
        return None, f"rule {rule.name} needs history, which this data source does not answer; it has no alert."
    return _rule(twin, rule, term, target), None


def as_number(prop: Property) -> Property:
    """The property as an expression needs it: a boolean asked as a number is 0 or 1."""
    if prop.data_type is not DataType.BOOLEAN:
        return prop
    return Property(name=prop.name, data_type=DataType.INTEGER, unit=prop.unit)


def _feed(twin: Twin, device: str) -> Feed:
    for _, entity in twin.hierarchy.walk():
        for component in entity.components:
            if component.device == device:
                return Feed(device, entity.id, component.name)
    return Feed(device)


def _rule(twin: Twin, rule: EventRule, term: Term, target: Json) -> Json:
    threshold = int(term.threshold) if isinstance(term.threshold, bool) else term.threshold
    reduced = {"type": "reduce", "expression": "A", "reducer": "last", "settings": {"mode": "dropNN"}}
    compared = {"type": "math", "expression": f"$B {term.comparison.value} {threshold}"}
    return {
        "uid": board_uid(twin.name, "alert", rule.name),
        "title": rule.name,
        "condition": "C",
        "for": "0s",
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": {"twin": twin.name, "device": rule.device, "property": term.property},
        "annotations": {
            "summary": f"{rule.device}: {term.property} {term.comparison.value} {term.threshold}",
            "__dashboardUid__": board_uid(twin.name, "device", rule.device or ""),
        },
        "data": [
            _step("A", target["datasource"]["uid"], target, _LOOKS_BACK),
            _step("B", "__expr__", {**reduced, "refId": "B", "datasource": _EXPRESSION}, 0),
            _step("C", "__expr__", {**compared, "refId": "C", "datasource": _EXPRESSION}, 0),
        ],
    }


def _step(ref: str, source: str, model: Json, back: int) -> Json:
    return {"refId": ref, "datasourceUid": source, "relativeTimeRange": {"from": back, "to": 0}, "model": model}
