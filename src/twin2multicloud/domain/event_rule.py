"""Event rules: conditions on telemetry and their actions. Owns the rule as data; evaluates nothing."""

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.domain.device import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin2multicloud.domain.device import DeviceCatalog


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


class Term(msgspec.Struct, frozen=True, kw_only=True, tag="term"):
    """A property compared with a threshold.

    `clear_at`: once it holds, it holds until the property is back behind this value. `per_seconds`: what is compared is
    not the property but its change in so many seconds, from one reading to the next.
    """

    property: str
    comparison: Comparison
    threshold: Scalar
    clear_at: Scalar | None = None
    per_seconds: float | None = None


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    """Holds where all conditions hold."""

    of: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """Holds where one of the conditions holds."""

    of: tuple["Condition", ...]


class Missing(msgspec.Struct, frozen=True, kw_only=True, tag="missing"):
    """A property has not come for so many seconds, after it came once. A rule's only condition."""

    property: str
    seconds: float


Condition = Term | AllOf | AnyOf


def terms_of(condition: Condition) -> "Iterator[Term]":
    """The terms of a condition, from left to right."""
    if isinstance(condition, Term):
        yield condition
        return
    for each in condition.of:
        yield from terms_of(each)


class EventRule(msgspec.Struct, frozen=True, kw_only=True):
    """When `when` has held for `hold_seconds` at a device, the rule fires: once, until it held no more.

    It watches a `device`, each device of a `group`, or each of a `type`. `late_seconds`: readings that come up to so
    much late, by their time, are taken in their order; later ones fire nothing.
    """

    name: str
    when: Term | AllOf | AnyOf | Missing
    action: EventAction | None = None
    device: str | None = None
    group: str | None = None
    type: str | None = None
    hold_seconds: float = 0.0
    late_seconds: float = 0.0

    @property
    def term(self) -> Term | None:
        """The rule's only term, where it compares one property with one threshold, at once."""
        simple = isinstance(self.when, Term) and self.when.per_seconds is None and not self.hold_seconds
        return self.when if isinstance(self.when, Term) and simple else None

    @property
    def properties(self) -> frozenset[str]:
        """The properties that the rule reads."""
        if isinstance(self.when, Missing):
            return frozenset({self.when.property})
        return frozenset(each.property for each in terms_of(self.when))

    def watches(self, device_id: str, catalog: "DeviceCatalog") -> bool:
        """Whether a device is one of the rule's."""
        if self.device is not None:
            return self.device == device_id
        if self.group is not None:
            return any(each.name == self.group and device_id in each for each in catalog.groups)
        found = catalog.find(device_id)
        return found is not None and found.type == self.type

    def devices(self, catalog: "DeviceCatalog") -> "Iterator[str]":
        """The devices that the rule watches."""
        if self.device is not None:
            yield self.device
        elif self.group is not None:
            yield from next((each for each in catalog.groups if each.name == self.group), ())
        else:
            yield from catalog.ids_of_type(self.type or "")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that fired at a device. Its id is of its content: rule, device and the time from which the rule held.

    `timestamp` is that of the reading that fired it, canonical; `since` is when the condition began to hold; `values`
    are the rule's properties then.
    """

    id: str
    rule: str
    device_id: str
    timestamp: str
    since: str
    values: dict[str, Scalar]


class EventNote(msgspec.Struct, frozen=True):
    """What a person says of an event, and when: it is acknowledged."""

    note: str
    at: str


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the store has it. `acted_at` is when its action was done, empty where it was not, or it has none."""

    event: Event
    acknowledged: EventNote | None = None
    acted_at: str = ""
