"""A function that this package does not know: a line in the table of kinds, its rows, its builder. Nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from twin2multicloud.domain.components import (
    KINDS,
    OPERATOR,
    Access,
    ComponentType,
    Data,
    Kind,
    KindInfo,
    Load,
    Trigger,
)
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions import wiring
from twin2multicloud.functions.triggers import Function
from twin2multicloud.planning.connector_rules import TABLE, Call, Case, Row
from twin2multicloud.planning.topology import Delivery

NAME = "census"
INFO = KindInfo(
    Slot.L3_HOT,
    ComponentType.FUNCTION,
    "counts the devices that the hot store has readings of",
    Load.DAY,
    (Trigger.CALL, Trigger.SCHEDULE),
    "storage.census",
    frozenset({Data.CATALOG}),
)
ROW = Row(
    name="operator → census",
    source=Slot.L3_HOT,
    target=Slot.L3_HOT,
    same=Case(
        "how many devices have readings is counted every day, and when the operator asks",
        (
            Call(Kind.HOT_TO_COLD_SCHEDULE, NAME, Delivery.SCHEDULE),
            Call(OPERATOR, NAME, Delivery.CALL),
            Call(NAME, Kind.HOT_STORE, Delivery.STORE, stated=(Access.READ,)),
        ),
    ),
)


def build(parts: Any) -> Function:
    """The function, from the parts that every function is made of."""
    store, catalog = parts.store, parts.ports.catalog

    def count(_: Mapping[str, Any]) -> Mapping[str, Any]:
        names = {prop.name for kind in catalog.types for prop in kind.properties}
        return {"devices": sum(bool(store.last(each.id, tuple(sorted(names)))) for each in catalog.devices)}

    return Function(name=parts.name, reporter=parts.reporter, on_call=count)


@contextmanager
def added() -> Iterator[None]:
    """While it lasts, the three places hold the function. `wiring._BUILDERS` stands for its file below `functions`."""
    KINDS[NAME] = INFO
    TABLE.append(ROW)
    wiring._BUILDERS[NAME] = build
    try:
        yield
    finally:
        del KINDS[NAME], wiring._BUILDERS[NAME]
        TABLE.remove(ROW)
