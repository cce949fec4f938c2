"""Event rules: conditions on telemetry and their actions. Owns the rule as data; evaluates nothing."""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.device import Scalar


class Comparison(StrEnum):
    """How a property is held against a threshold."""

    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="


class ActionKind(StrEnum):
    """What a rule starts."""

    FUNCTION = "function"
    WORKFLOW = "workflow"
    FEEDBACK = "feedback"


class EventAction(msgspec.Struct, frozen=True, kw_only=True):
    """What happens when a rule fires. `device` and `payload` are feedback's."""

    kind: ActionKind
    name: str
    device: str | None = None
    payload: dict[str, Scalar] = msgspec.field(default_factory=dict)


class EventRule(msgspec.Struct, frozen=True, kw_only=True):
    """`property` of `device` (or of each device of `group`) compared with `threshold` starts `action`."""

    name: str
    property: str
    comparison: Comparison
    threshold: Scalar
    action: EventAction
    device: str | None = None
    group: str | None = None
