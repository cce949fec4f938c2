"""A function that this package does not know: a line in the table of kinds, its rows, its file. Nothing else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.rigs import census
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
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.rows import Case, ConnectorCall, ConnectorRow
from twin2multicloud.planning.topology import Delivery

NAME = "census"
MODULE = "twin2multicloud.functions.storage.census"
INFO = KindInfo(
    Slot.L3_HOT,
    ComponentType.FUNCTION,
    "counts the devices that the hot store has readings of",
    Load.ROTA,
    (Trigger.CALL, Trigger.SCHEDULE),
    "storage.census",
    frozenset({Data.CATALOG}),
)
ROW = ConnectorRow(
    name="operator → census",
    source=Slot.L3_HOT,
    target=Slot.L3_HOT,
    same=Case(
        "how many devices have readings is counted by the rota, and when the operator asks",
        (
            ConnectorCall(Kind.HOT_TO_COLD_SCHEDULE, NAME, Delivery.SCHEDULE),
            ConnectorCall(OPERATOR, NAME, Delivery.CALL),
            ConnectorCall(NAME, Kind.HOT_STORE, Delivery.STORE, stated=(Access.READ,)),
        ),
    ),
)


@contextmanager
def added() -> Iterator[None]:
    """While it lasts, the three places hold the function; its file is imported as if it stood below `functions`."""
    KINDS[NAME] = INFO
    TABLE.append(ROW)
    sys.modules[MODULE] = census
    try:
        yield
    finally:
        del KINDS[NAME], sys.modules[MODULE]
        TABLE.remove(ROW)
