"""The shape of an event rule in ``config_events.json``. What it means is in `event_rules`."""

from twin2multicloud.domain.event_rule import ActionKind, Comparison
from twin2multicloud.project.names import ACTION, DEVICE_ID, LABEL, NAME
from twin2multicloud.project.shapes import AnyScalar, ByKey, MapOf, Record, Tagged, Text, Word, may, need

_COMPARISONS = Word(tuple(each.value for each in Comparison))
_ACTION_NAME = {"name": need(LABEL, "the name of what is started")}
_ACTION = Tagged(
    "kind",
    "what happens: function, workflow or feedback",
    {
        ActionKind.FUNCTION.value: Record({"name": need(ACTION, "the file in actions/ that is run, without .py")}),
        ActionKind.WORKFLOW.value: Record(_ACTION_NAME),
        ActionKind.FEEDBACK.value: Record(
            {
                **_ACTION_NAME,
                "device": may(DEVICE_ID, "who gets the command; left out: the device whose reading fired"),
                "payload": may(MapOf(NAME, AnyScalar()), "what the command says"),
            }
        ),
    },
)
_RULE_NAME = {"name": need(LABEL, "the rule's name, once in the file")}
_RULE_REST = {
    "late": may(
        Text(r"[0-9]+(\.[0-9]+)?(ms|s|m|h|d)", "a time such as 90s, 5m or 2h"),
        "how late a reading may come, by its time, to count; left out: not at all",
    ),
    "action": may(_ACTION, "what happens when the rule fires; left out: the event is kept, and no more"),
}
_RULE_GROUP = may(LABEL, "the group of which each device is watched")
_COMPARED_RULE = Record(
    {
        **_RULE_NAME,
        "device": may(DEVICE_ID, "the device that is watched"),
        "group": _RULE_GROUP,
        "type": may(LABEL, "the type of which each device is watched"),
        "property": need(NAME, "the property that is watched"),
        "comparison": need(
            Word(tuple(each.value for each in Comparison)), "how the property is held against the threshold"
        ),
        "threshold": need(AnyScalar(), "what the property is held against"),
        **_RULE_REST,
    },
    exactly_one=("device", "group", "type"),
)
_WRITTEN_RULE = Record(
    {
        **_RULE_NAME,
        "when": need(Text(r"[\s\S]{1,1000}", "up to 1,000 characters"), "the condition, as text"),
        "device": may(DEVICE_ID, "the device whose properties the text names"),
        "group": _RULE_GROUP,
        "type": may(LABEL, "the type of which each device is watched"),
        **_RULE_REST,
    }
)
RULE = ByKey((("when", _WRITTEN_RULE), ("property", _COMPARED_RULE)))
"""A rule as text, or with one comparison."""
