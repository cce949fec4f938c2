"""What every used cloud has of its own, beside the rows of the table: the error path, as calls.

Functions send error events to their cloud's topic, which fills the reporter's queue. The reporter writes the error
table; its admin is called by the operator, and by a schedule.
"""

from twin2multicloud.domain.components import OPERATOR, Access, Kind
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.rows import ConnectorCall
from twin2multicloud.planning.topology import Delivery

ERROR_ROW = "errors"
"""The row and the boundary that its links are of."""


def _table(source: str, *access: Access) -> ConnectorCall:
    return ConnectorCall(source, Kind.ERROR_TABLE, Delivery.STORE, stated=access)


ERROR_PATH: tuple[ConnectorCall, ...] = (
    ConnectorCall(Kind.ERROR_TOPIC, Kind.ERROR_REPORTER, Delivery.QUEUE),
    _table(Kind.ERROR_REPORTER, Access.WRITE),
    ConnectorCall(Kind.ERROR_TABLE_SCHEDULE, Kind.ERROR_TABLE_ADMIN, Delivery.SCHEDULE),
    ConnectorCall(OPERATOR, Kind.ERROR_TABLE_ADMIN, Delivery.CALL),
    _table(Kind.ERROR_TABLE_ADMIN, Access.READ, Access.DELETE),
)
_NOTIFYING = _table(Kind.ERROR_REPORTER, Access.READ, Access.DELETE)  # what was sent on is unsent no more


def error_calls(twin: Twin) -> tuple[ConnectorCall, ...]:
    """The calls of the error path, the same on every cloud that a twin uses."""
    return (*ERROR_PATH, _NOTIFYING) if twin.management_url else ERROR_PATH
