"""What the twin service is asked and what it answers, as records: the JSON on the wire, and the OpenAPI schemas."""

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.twin_graph import Relationship
from twin2multicloud.functions.twins.engine import PropertyNow

MOST_ROWS = 200
"""Of one answer that reads no values; a query reads the values of as many components at most."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What travels: camel case, without what is not said."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Parameters. A misspelt one is refused."""


class Nothing(Asked, frozen=True, kw_only=True):
    """No parameter."""


class Page(Asked, frozen=True, kw_only=True):
    """A page of a list."""

    limit: int = MOST_ROWS
    next_token: str | None = None


class EntitiesAsked(Page, frozen=True, kw_only=True):
    """Entities: all, those directly below `parent`, or those that have a component of a type."""

    parent: str | None = None
    type: str | None = None


class StateAsked(Asked, frozen=True, kw_only=True):
    """Properties of a component; all where none is named."""

    properties: list[str] = []


class HistoryAsked(Asked, frozen=True, kw_only=True):
    """As a hot reader is asked. Times are ISO 8601 or epoch seconds; the start is exclusive, the end inclusive.

    With `every` (``5m``, or whole seconds) a value per bucket: the `aggregate` min, max, mean (if none), last or count.
    """

    properties: list[str] = []
    start_time: str | float | None = None
    end_time: str | float | None = None
    order_by_time: str = "ASCENDING"
    every: str | int | None = None
    aggregate: str | None = None
    max_results: int | None = None
    next_token: str | None = None


class Condition(Asked, frozen=True, kw_only=True):
    """A comparison with a property's current value: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``."""

    property: str
    is_: str = msgspec.field(default="=", name="is")
    value: Scalar


class QueryAsked(Page, frozen=True, kw_only=True):
    """Components by what they are and by their current values; every condition has to hold.

    `below` is an entity, itself included; `older_than_seconds` finds what has not been measured for that long.
    """

    below: str | None = None
    type: str | None = None
    where: list[Condition] = []
    older_than_seconds: float | None = None


class EntityRow(Answered, frozen=True, kw_only=True):
    """An entity. `parent` is left out at the top."""

    id: str
    name: str
    parent: str | None = None
    children: tuple[str, ...] = ()


class Entities(Answered, frozen=True, kw_only=True):
    """A page of entities."""

    entities: list[EntityRow]
    next_token: str | None = None


class ComponentRow(Answered, frozen=True, kw_only=True):
    """A component: its type and the device that feeds it."""

    entity: str
    name: str
    type: str
    device: str


class Components(Answered, frozen=True, kw_only=True):
    """A page of components."""

    components: list[ComponentRow]
    next_token: str | None = None


class PropertyRow(Answered, frozen=True, kw_only=True):
    """A property as a type declares it; `constant` where it never changes."""

    name: str
    data_type: str
    unit: str = ""
    constant: Scalar | None = None


class TypeRow(Answered, frozen=True, kw_only=True):
    """A component type."""

    type: str
    properties: list[PropertyRow]


class Types(Answered, frozen=True, kw_only=True):
    """The component types of the twin."""

    types: list[TypeRow]


class Described(ComponentRow, frozen=True, kw_only=True):
    """A component with its declared properties."""

    properties: list[PropertyRow]


class Relationships(Answered, frozen=True, kw_only=True):
    """The relationships that leave an entity, and those that lead to it."""

    outgoing: list[Relationship]
    incoming: list[Relationship]


class State(Answered, frozen=True, kw_only=True):
    """The current state of a component."""

    entity: str
    component: str
    properties: list[PropertyNow]


class Point(Answered, frozen=True, kw_only=True):
    """One value of one property at a time."""

    property: str
    time: str
    value: Scalar


class History(Answered, frozen=True, kw_only=True):
    """A page of history: rows in the order asked for, property by property."""

    entity: str
    component: str
    points: list[Point]
    next_token: str | None = None


class Match(Answered, frozen=True, kw_only=True):
    """A component that a query found, with its state."""

    entity: str
    component: str
    type: str
    properties: list[PropertyNow]


class Matches(Answered, frozen=True, kw_only=True):
    """A page of what a query found. A page may be empty and have a ``nextToken``: go on."""

    matches: list[Match]
    next_token: str | None = None
