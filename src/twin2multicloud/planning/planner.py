"""Twin -> Topology. Walks the table once; what exists follows from the calls it names. Pure; reads no single device."""

from collections.abc import Iterator

import msgspec

from twin2multicloud.domain.components import KINDS, Access, ComponentType, Kind, home
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.error_path import ERROR_ROW, error_calls
from twin2multicloud.planning.rows import Case, ConnectorCall, ConnectorRow
from twin2multicloud.planning.services import is_wired, services_of
from twin2multicloud.planning.topology import Boundary, Component, Delivery, Endpoint, Link, Locality, Topic, Topology
from twin2multicloud.planning.wiring import environment, error_environment

_Calls = list[tuple[ConnectorRow, ConnectorCall]]


def plan(twin: Twin) -> Topology:
    """What has to exist for a twin, where, and why. Its size does not depend on the number of devices.

    >>> topology = plan(load_project("examples/smart-home").twin)
    >>> topology.endpoints[0].component, topology.endpoints[0].path
    ('azure.ingestion', '/ingestion')
    """
    cases = [
        (row, row.between(twin.placement[row.source], twin.placement[row.target])) for row in TABLE if row.applies(twin)
    ]
    calls = [(row, call) for row, case in cases for call in case.calls]
    endpoints = tuple(_endpoints(twin, calls))
    queues = {
        _id(call.target, twin): _dead_letters(row, call, twin)
        for row, call in calls
        if call.delivery is Delivery.QUEUE and KINDS[call.target].type is not ComponentType.QUEUE
    }
    queues |= {f"{cloud}.{Kind.ERROR_REPORTER}": _error_letters(cloud, twin) for cloud in twin.placement.clouds}
    dead_letters = {function: queue.id for function, queue in queues.items()}
    error_kinds = [kind for kind, info in KINDS.items() if info.slot is None]
    error_path = [_of_kind(kind, cloud, ERROR_ROW, twin) for cloud in twin.placement.clouds for kind in error_kinds]
    bare = {each.id: each for each in (*_named(twin, cases), *queues.values(), *error_path)}

    def wired(each: Component) -> Component:
        letters = dead_letters.get(each.id)
        if each.slot is None:
            variables = error_environment(each, twin, letters)
        else:
            variables = environment(each, twin, calls, endpoints, letters)
        return msgspec.structs.replace(each, environment=variables)

    components = tuple(wired(each) if is_wired(each) else each for each in bare.values())
    return Topology(
        twin=twin.name,
        placement=twin.placement,
        components=components,
        links=tuple(_links(twin, calls)) + tuple(_side_links(components, dead_letters, twin)),
        endpoints=endpoints,
        boundaries=tuple(_boundary(row, case, twin) for row, case in cases if row.source is not row.target),
        topics=tuple(_topics(twin)),
        gateways=twin.catalog.gateways,
        batch_window=twin.batch_window,
    )


def _topics(twin: Twin) -> Iterator[Topic]:
    """The topics that types name, read ones first. Raises ConfigurationError where L1's cloud has none."""
    services, types = services_of(twin.placement[Slot.L1]), twin.catalog.types
    patterns = [(each, True) for each in twin.catalog.topics] + [(each, False) for each in twin.catalog.ignored_topics]
    if patterns and not services.topics:
        raise ConfigurationError(f"no topic {patterns[0][0]!r} with L1 there: {services.no_topics}")
    for pattern, read in patterns:
        names = (each.name for each in types if pattern in (each.topics if read else each.ignored_topics))
        becomes = services.topics if read else services.ignored_topics
        yield Topic(pattern=pattern, types=tuple(names), read=read, becomes=becomes)


def _id(name: str, twin: Twin) -> str:
    """A component's id, or the name of a caller outside the plan."""
    return f"{twin.placement[home(name)]}.{name}" if name in KINDS else name


def _named(twin: Twin, cases: list[tuple[ConnectorRow, Case]]) -> Iterator[Component]:
    """The components that calls name, each once, with the first row that asks for it."""
    seen: set[str] = set()
    for row, case in cases:
        for kind in (name for call in case.calls for name in (call.source, call.target) if name in KINDS):
            if kind not in seen:
                seen.add(kind)
                yield _of_kind(kind, twin.placement[home(kind)], row.name, twin)


def _of_kind(kind: str, cloud: Cloud, row: str, twin: Twin) -> Component:
    info = KINDS[kind]
    return Component(
        id=f"{cloud}.{kind}",
        name=str(kind),
        type=info.type,
        cloud=cloud,
        slot=info.slot,
        deployed_as=f"{twin.name}-{info.deployed_as or kind}",
        reason=info.purpose,
        row=row,
    )


def _dead_letters(row: ConnectorRow, call: ConnectorCall, twin: Twin) -> Component:
    """The dead-letter queue of a row's boundary, on the cloud of the function that a queue feeds."""
    slot = home(call.target)
    name = "-".join([*row.name.lower().replace("→", "to").split(), "dead-letters"])
    return Component(
        id=f"{twin.placement[slot]}.{name}",
        name=name,
        type=ComponentType.QUEUE,
        cloud=twin.placement[slot],
        slot=slot,
        deployed_as=f"{twin.name}-{name}",
        reason=f"keeps what could not pass {row.boundary}, to be sent again",
        row=row.name,
    )


def _endpoints(twin: Twin, calls: _Calls) -> Iterator[Endpoint]:
    """One endpoint per function that a crossing or a data source calls; the first row that asks names it."""
    seen: set[str] = set()
    for row, call in calls:
        if (call.url is not None or call.serves) and call.target not in seen:
            seen.add(call.target)
            cloud: Cloud = twin.placement[home(call.target)]
            yield Endpoint(component=f"{cloud}.{call.target}", cloud=cloud, path=f"/{call.target}", row=row.name)


def _links(twin: Twin, calls: _Calls) -> Iterator[Link]:
    for row, call in calls:
        crosses = call.source in KINDS and twin.placement[home(call.source)] != twin.placement[home(call.target)]
        locality = Locality.REMOTE if crosses else Locality.LOCAL
        yield _link(_id(call.source, twin), _id(call.target, twin), call, row.name, row.boundary, locality)


def _link(source: str, target: str, call: ConnectorCall, row: str, boundary: str, locality: Locality) -> Link:
    return Link(
        source=source,
        target=target,
        boundary=boundary,
        delivery=call.delivery,
        locality=locality,
        row=row,
        source_kind=str(call.source),
        target_kind=str(call.target),
        access=call.access,
        sign_in=call.sign_in,
        url_variable=call.url,
        serves=call.serves,
    )


def _side_links(components: tuple[Component, ...], dead_letters: dict[str, str], twin: Twin) -> Iterator[Link]:
    """What hangs beside the data path: dead letters and the error path."""
    by_id = {each.id: each for each in components}
    for function_id, queue_id in dead_letters.items():
        yield _side_link(by_id[function_id], by_id[queue_id], "dead letters", Delivery.QUEUE, Access.SEND)
    for each in components:
        if each.type is ComponentType.FUNCTION and each.slot is not None:
            yield _side_link(each, by_id[f"{each.cloud}.{Kind.ERROR_TOPIC}"], "errors", Delivery.TOPIC, Access.SEND)
    for cloud in twin.placement.clouds:
        for call in error_calls(twin):
            source = by_id.get(f"{cloud}.{call.source}")
            target = by_id[f"{cloud}.{call.target}"]
            yield _link(source.id if source else call.source, target.id, call, ERROR_ROW, ERROR_ROW, Locality.LOCAL)


def _error_letters(cloud: Cloud, twin: Twin) -> Component:
    """The dead-letter queue of a cloud's error path."""
    name = f"{ERROR_ROW}-dead-letters"
    return Component(
        id=f"{cloud}.{name}",
        name=name,
        type=ComponentType.QUEUE,
        cloud=cloud,
        slot=None,
        deployed_as=f"{twin.name}-{name}",
        reason="keeps what the error reporter could not read or store, to be sent again",
        row=ERROR_ROW,
    )


def _side_link(source: Component, target: Component, row: str, delivery: Delivery, access: Access) -> Link:
    return Link(
        source=source.id,
        target=target.id,
        boundary=row,
        delivery=delivery,
        locality=Locality.LOCAL,
        row=row,
        source_kind=source.name,
        target_kind=target.name,
        access=(access,),
    )


def _boundary(row: ConnectorRow, case: Case, twin: Twin) -> Boundary:
    here, there = twin.placement[row.source], twin.placement[row.target]
    return Boundary(
        name=row.boundary,
        source=row.source,
        target=row.target,
        source_cloud=here,
        target_cloud=there,
        locality=Locality.LOCAL if here == there else Locality.REMOTE,
        row=row.name,
        reason=case.reason,
    )
