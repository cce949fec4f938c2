"""What a month of a topology takes of each cloud's meters, call by call of the planner's table.

Owns the step from "this component calls that one" to "this much of that meter, for this part of the twin". The calls
are the planner's own (`connector_rules`), so what is deployed and what is priced cannot drift apart. Knows no price.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from twin2multicloud.costs.storage import ObjectStore
from twin2multicloud.costs.tariff import Tariff, Uses
from twin2multicloud.costs.traffic import CROSSING_MS, Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.components import KINDS, OPERATOR, Access, ComponentType, Kind, Load, home
from twin2multicloud.domain.event_rule import ActionKind, Comparison, EventAction, EventRule, Term
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.rows import ConnectorCall, ConnectorRow
from twin2multicloud.planning.topology import Delivery, Topology

_HELD = (ComponentType.STORE, ComponentType.SERVICE)
_QUERIES = (Load.HISTORY, Load.LATEST)
_OPERATED = (Kind.EVENT_TABLE_ADMIN, Kind.HOT_STORE_ADMIN, Kind.COLD_STORE_ADMIN, Kind.ARCHIVE_STORE_ADMIN)
"""What operators ask of the stores, now and then: no part of a month's workload."""

TOKEN = "token"  # noqa: S105 - the name of a pseudo meter
"""A pseudo meter: this cloud holds the inter-cloud token. However many functions read it, it is one secret."""


class Use(NamedTuple):
    """How much of a meter one part of the twin takes. `place` is a slot or, for what a crossing adds, a boundary."""

    cloud: Cloud
    meter: str
    quantity: float
    place: str


@cache
def tariff_of(cloud: Cloud) -> Tariff:
    """What activities take of a cloud's meters. Raises ConfigurationError for a cloud that is not registered."""
    return pack(cloud).make_tariff()


def twin_of(w: Workload, placement: Placement) -> Twin:
    """The twin of a workload, as far as the planner's table needs it."""
    kinds = [ActionKind.FUNCTION]
    kinds += [ActionKind.WORKFLOW] * w.event_workflow + [ActionKind.FEEDBACK] * w.event_feedback
    rules = tuple(_rule(kind) for kind in kinds) if w.events else ()
    return Twin(name="costs", placement=placement, enable_events=w.events, events=rules, dashboard=w.dashboards)


def _rule(kind: ActionKind) -> EventRule:
    action = EventAction(kind=kind, name=kind.value)
    when = Term(property="value", comparison=Comparison.GREATER, threshold=0)
    return EventRule(name=kind.value, when=when, action=action)


def topology_uses(topology: Topology, t: Traffic) -> Iterator[Use]:
    """Every use of a planned topology: what its stores and services hold, and what each of its rows moves."""
    for component in topology.components:
        if component.slot is not None and component.type in _HELD:
            yield from held_uses(component.name, component.cloud, t)
    planned = {link.row for link in topology.links}  # dead letters and errors are charged with the runs that cause them
    for row in TABLE:
        if row.name in planned:
            yield from row_uses(row, topology.placement, t)


def row_uses(row: ConnectorRow, placement: Placement, t: Traffic) -> Iterator[Use]:
    """Every use of one row of the table. It depends on the clouds of the row's own two slots only."""
    for call in row.between(placement[row.source], placement[row.target]).calls:
        yield from call_uses(row, call, placement, t)


def held_uses(kind: str, cloud: Cloud, t: Traffic) -> Iterator[Use]:
    """What a store or a service takes by being there."""
    tariff, place = tariff_of(cloud), home(kind).value
    held: dict[str, Uses] = {
        Kind.HOT_STORE: tariff.hot_held(t),
        Kind.COLD_STORE: tariff.cold.held(t, t.cold_months),
        Kind.ARCHIVE_STORE: tariff.archive.held(t, t.archive_months),
        Kind.TWIN_SERVICE: tariff.twin_held(t),
        Kind.DASHBOARD: tariff.dashboards(t),
    }
    for meter, quantity in held.get(kind, ()):
        yield Use(cloud, meter, quantity, place)


def call_uses(row: ConnectorRow, call: ConnectorCall, placement: Placement, t: Traffic) -> Iterator[Use]:
    """Every use of one call: the run of the function it reaches, the way there, and what it reads or writes."""
    target = placement[home(call.target)]
    source = placement[home(call.source)] if call.source in KINDS else target
    at_home = home(call.target).value
    on_the_way = at_home if call in row.same.calls else row.boundary
    at_target = at_home if any(each.target == call.target for each in row.same.calls) else row.boundary
    for meter, quantity in _target_uses(call, tariff_of(target), t):
        yield Use(target, meter, quantity, at_target)
    for cloud, uses in _way_uses(call, source, target, t):
        for meter, quantity in uses:
            yield Use(cloud, meter, quantity, on_the_way)


def _way_uses(call: ConnectorCall, source: Cloud, target: Cloud, t: Traffic) -> Iterator[tuple[Cloud, Uses]]:
    """The transport: queues on one cloud, egress and waiting between two."""
    if call.delivery is Delivery.QUEUE:
        yield target, _queue_uses(call, tariff_of(target), t)
    elif call.delivery is Delivery.POST and _asked(call, t):
        yield source, ((TOKEN, 1.0), (tariff_of(source).egress, t.posted_gb(call.target)))
        yield target, ((TOKEN, 1.0), (tariff_of(target).egress, t.answered_gb(call.target)))
        if call.target == Kind.ARCHIVE_WRITER:  # what stays on its cloud is copied there, and not downloaded
            yield source, tariff_of(source).cold.fetched(t)
        yield source, tariff_of(source).function(t, 0, t.invocations(call.target) * CROSSING_MS)
    elif call.delivery is Delivery.POST:
        yield source, ((TOKEN, 1.0),)
        yield target, ((TOKEN, 1.0),)
    elif call.delivery is Delivery.QUERY:
        if call.serves:
            yield target, ((TOKEN, 1.0),)
        if source != target:
            gb = t.answered_gb(call.target) if KINDS[call.target].load in _QUERIES else t.dashboard_gb
            yield target, ((tariff_of(target).egress, gb),)


def _queue_uses(call: ConnectorCall, tariff: Tariff, t: Traffic) -> Uses:
    """Messages in and out, and those that end in the boundary's dead-letter queue and are sent again."""
    if call.target == Kind.DEVICE_DEAD_LETTERS:
        refused = t.batches * t.workload.error_share
        yield from tariff.queue(t, refused, refused, 0)
        return
    receives = t.invocations(call.target)
    sends = t.batches if call.source == Kind.DISPATCHER else receives
    fired = KINDS[call.target].load is Load.FIRED
    yield from tariff.queue(t, sends, receives, t.gb * (t.fired / t.messages) if fired else t.gb)
    dead = receives * t.workload.error_share
    yield from tariff.queue(t, dead, dead, 0)


def _asked(call: ConnectorCall, t: Traffic) -> bool:
    """Whether a workload's dashboards ask: the twin service only where they read it, older tiers never.

    They show the last day, which no mover has moved.
    """
    if call.source in (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY):
        return False
    queried = KINDS[call.target].load in _QUERIES and call.source in KINDS
    return not (queried and home(call.source) is Slot.L4) or t.workload.dashboards is DashboardSource.TWIN


def _target_uses(call: ConnectorCall, tariff: Tariff, t: Traffic) -> Iterator[tuple[str, float]]:
    """The run of the function that is reached, and what a store or service takes of the call."""
    kind = call.target
    if call.source == OPERATOR or not _asked(call, t):
        return
    if KINDS[kind].type is ComponentType.FUNCTION:
        yield from _run(kind, tariff, t)
        if KINDS[kind].load in _QUERIES and home(kind) is Slot.L3_HOT:
            yield from tariff.hot_read(t, t.invocations(kind), t.rows_read(kind))
    elif call.delivery is Delivery.DEVICE:
        yield from tariff.devices(t)
    elif call.delivery is Delivery.STORE:
        yield from _store_uses(call, tariff, t)
    elif kind == Kind.HOT_STORE:  # a dashboard's plugin reads the store itself
        for reader in (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY):
            yield from tariff.hot_read(t, t.invocations(reader), t.rows_read(reader))
    elif kind == Kind.DEVICE_GATEWAY:
        yield from tariff.commands(t, t.fired)
    elif kind == Kind.EVENT_WORKFLOW:
        yield from tariff.workflow(t.fired)
    elif kind == Kind.TWIN_SERVICE and call.delivery is Delivery.CALL:
        yield from tariff.twin_written(t)


def _run(kind: str, tariff: Tariff, t: Traffic) -> Iterator[tuple[str, float]]:
    """A function's runs, and the error events of those that fail with the reporter's runs for them."""
    invocations, milliseconds = t.invocations(kind), t.milliseconds(kind)
    if KINDS[kind].load is Load.ROTA:
        yield from tariff.schedule(invocations)
    yield from tariff.function(t, invocations, milliseconds)
    errors = invocations * t.workload.error_share
    yield from tariff.error_events(errors)
    yield from tariff.queue(t, errors, errors, 0)
    yield from tariff.function(t, errors, errors * t.workload.function_ms)


def _store_uses(call: ConnectorCall, tariff: Tariff, t: Traffic) -> Uses:
    """What a function's access to a store takes. What queries read is charged where they are asked, not here."""
    if call.source in _OPERATED:
        return
    stores: dict[str, ObjectStore] = {Kind.COLD_STORE: tariff.cold, Kind.ARCHIVE_STORE: tariff.archive}
    reads, writes, deletes = (each in call.access for each in (Access.READ, Access.WRITE, Access.DELETE))
    if call.source == Kind.EVENT_CHECKER:  # what it remembers of the device of a batch, before and after
        yield from tariff.small_rows(t.batches, t.batches + t.fired)
    elif call.source == Kind.EVENT_ACTION:  # whether it was done, and that it is
        yield from tariff.small_rows(t.fired, t.fired)
    elif call.target == Kind.HOT_STORE:
        if writes:
            yield from tariff.hot_written(t)
        if deletes:
            yield from tariff.hot_moved(t)
        elif reads and KINDS[call.source].load not in _QUERIES:
            yield from tariff.hot_read(t, t.invocations(call.source), t.rows_read(call.source))
    elif objects := stores.get(call.target):
        if reads and deletes:  # readers of older tiers are asked by people: see `ObjectStore.held`
            yield from objects.searched(t, t.cold_months)
        if writes and call.source == Kind.COLD_TO_ARCHIVE_MOVER:
            yield from objects.taken(t, tariff.cold)
        elif writes:
            yield from objects.written(t)


def slot_kinds(slot: Slot) -> tuple[str, ...]:
    """The stores and services at home in a slot."""
    return tuple(kind for kind, info in KINDS.items() if info.slot is slot and info.type in _HELD)
