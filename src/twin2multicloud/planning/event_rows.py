"""The rows of the planner's table that events have: none of them holds where a twin has no events."""

from collections.abc import Callable

from twin2multicloud.domain.components import OPERATOR, Access, Kind
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.rows import ConnectorRow, call, case, crossing, feed, inside, post, start, store


def _events(kind: ActionKind | None = None) -> Callable[[Twin], bool]:
    def applies(twin: Twin) -> bool:
        return twin.enable_events and (
            kind is None or kind in {rule.action.kind for rule in twin.events if rule.action is not None}
        )

    return applies


EVENTS: tuple[ConnectorRow, ...] = (
    inside(
        "L2 events",
        Slot.L2,
        case(
            "the processor sends readings to the event checker, which remembers by device in the event table",
            feed(Kind.PROCESSOR, Kind.EVENT_CHECKER),
            store(Kind.EVENT_CHECKER, Kind.EVENT_TABLE, Access.READ, Access.WRITE, Access.DELETE),
        ),
        _events(),
    ),
    inside(
        "event administration",
        Slot.L2,
        case(
            "t2mc events lists events and acknowledges them; a schedule finds silent devices and old events",
            start(Kind.EVENT_TABLE_SCHEDULE, Kind.EVENT_TABLE_ADMIN),
            call(OPERATOR, Kind.EVENT_TABLE_ADMIN),
            store(Kind.EVENT_TABLE_ADMIN, Kind.EVENT_TABLE, Access.READ, Access.WRITE, Access.DELETE),
        ),
        _events(),
    ),
    inside(
        "L2 event actions",
        Slot.L2,
        case(
            "a rule that fires runs the user's function",
            feed(Kind.EVENT_CHECKER, Kind.EVENT_ACTION),
            feed(Kind.EVENT_TABLE_ADMIN, Kind.EVENT_ACTION),
            store(Kind.EVENT_ACTION, Kind.EVENT_TABLE, Access.READ, Access.WRITE),
        ),
        _events(ActionKind.FUNCTION),
    ),
    inside(
        "L2 event workflow",
        Slot.L2,
        case("a rule that fires starts the workflow", call(Kind.EVENT_CHECKER, Kind.EVENT_WORKFLOW)),
        _events(ActionKind.WORKFLOW),
    ),
    crossing(
        (Slot.L2, Slot.L1),
        case("feedback publishes to the device", call(Kind.FEEDBACK, Kind.DEVICE_GATEWAY)),
        case(
            "feedback POSTs to the device-commands endpoint on L1's cloud",
            post(Kind.FEEDBACK, Kind.DEVICE_COMMANDS, "REMOTE_FEEDBACK_URL"),
            call(Kind.DEVICE_COMMANDS, Kind.DEVICE_GATEWAY),
        ),
        first=(feed(Kind.EVENT_CHECKER, Kind.FEEDBACK),),
        applies=_events(ActionKind.FEEDBACK),
    ),
)
