"""Twin -> Topology. Walks the table once; what exists follows from the calls it names. Pure, and blind to devices."""

from collections.abc import Iterator

import msgspec

from twin2multicloud.domain.components import KINDS, ComponentType, Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.connector_rules import TABLE, Call, Row, Way
from twin2multicloud.planning.topology import Boundary, Component, Delivery, Endpoint, Link, Locality, Topology
from twin2multicloud.planning.wiring import environment

_ERROR_PATH = (
    ("error-topic", ComponentType.TOPIC, "every function reports what went wrong"),
    ("error-reporter", ComponentType.FUNCTION, "stores what the topic brings, then tells the management backend"),
    ("error-table", ComponentType.STORE, "keeps what went wrong"),
)


def plan(twin: Twin) -> Topology:
    """What has to exist for a twin, where, and why. Its size does not depend on the number of devices."""
    cases = [(row, _way(row, twin)) for row in TABLE if row.applies(twin)]
    calls = [(row, call) for row, way in cases for call in way.calls]
    endpoints = tuple(_endpoints(twin, calls))
    bare = {each.id: each for each in (*_named(twin, cases), *_dead_letters(twin, calls), *_error_path(twin))}
    letters = {target: queue.id for target, queue in _dead_letter_homes(twin, calls, bare)}
    components = tuple(
        _wired(each, twin, calls, endpoints, letters.get(each.id)) if each.type is ComponentType.FUNCTION else each
        for each in bare.values()
    )
    return Topology(
        twin=twin.name,
        placement=twin.placement,
        components=components,
        links=tuple(_links(twin, calls)) + tuple(_side_links(components, letters)),
        endpoints=endpoints,
        boundaries=tuple(_boundary(row, way, twin) for row, way in cases if row.source is not row.target),
    )


def boundary_name(row: Row) -> str:
    """What a boundary is called in tables and metrics: its two slots, or the row where it stays inside one."""
    return row.name if row.source is row.target else f"{row.source} → {row.target}"


def _locality(row: Row, twin: Twin) -> Locality:
    here, there = twin.placement[row.source], twin.placement[row.target]
    return Locality.LOCAL if here == there else Locality.REMOTE


def _way(row: Row, twin: Twin) -> Way:
    if row.different is not None and _locality(row, twin) is Locality.REMOTE:
        return row.different
    return row.same


def _id(name: Kind | str, twin: Twin) -> str:
    """A component's id, or the name of a caller that is no component."""
    return f"{twin.placement[KINDS[name].slot]}.{name}" if isinstance(name, Kind) else name


def _named(twin: Twin, cases: list[tuple[Row, Way]]) -> Iterator[Component]:
    """The components that calls name, each once, with the first row that asks for it."""
    seen: set[Kind] = set()
    for row, way in cases:
        for kind in (name for call in way.calls for name in (call.source, call.target) if isinstance(name, Kind)):
            if kind not in seen:
                seen.add(kind)
                yield _component(kind, row, twin)


def _component(kind: Kind, row: Row, twin: Twin) -> Component:
    info = KINDS[kind]
    known_as = Kind.PROCESSOR if kind is Kind.CONNECTOR else kind
    return Component(
        id=_id(kind, twin),
        name=kind.value,
        type=info.type,
        cloud=twin.placement[info.slot],
        slot=info.slot,
        deployed_as=f"{twin.name}-{known_as}",
        reason=info.purpose,
        row=row.name,
    )


def _dead_letter_homes(
    twin: Twin, calls: list[tuple[Row, Call]], components: dict[str, Component]
) -> Iterator[tuple[str, Component]]:
    """Each queue-fed function with the dead-letter queue of its boundary on its own cloud."""
    for row, call in calls:
        if call.delivery is Delivery.QUEUE:
            target = components[_id(call.target, twin)]
            yield target.id, components[f"{target.cloud}.{_dead_letter_name(row)}"]


def _dead_letters(twin: Twin, calls: list[tuple[Row, Call]]) -> Iterator[Component]:
    for row, call in calls:
        if call.delivery is Delivery.QUEUE:
            cloud = twin.placement[KINDS[call.target].slot]
            name = _dead_letter_name(row)
            yield Component(
                id=f"{cloud}.{name}",
                name=name,
                type=ComponentType.QUEUE,
                cloud=cloud,
                slot=KINDS[call.target].slot,
                deployed_as=f"{twin.name}-{name}",
                reason=f"keeps what could not pass {boundary_name(row)}, to be sent again",
                row=row.name,
            )


def _dead_letter_name(row: Row) -> str:
    words = row.name.lower().replace("→", "to").split()
    return "-".join([*words, "dead-letters"])


def _error_path(twin: Twin) -> Iterator[Component]:
    for cloud in twin.placement.clouds:
        for name, kind, reason in _ERROR_PATH:
            yield Component(
                id=f"{cloud}.{name}",
                name=name,
                type=kind,
                cloud=cloud,
                slot=None,
                deployed_as=f"{twin.name}-{name}",
                reason=reason,
                row="errors",
            )


def _endpoints(twin: Twin, calls: list[tuple[Row, Call]]) -> Iterator[Endpoint]:
    """One endpoint per function that a crossing or a data source calls; the first row that asks names it."""
    seen: set[Kind] = set()
    for row, call in calls:
        if (call.url is not None or call.serves) and call.target not in seen:
            seen.add(call.target)
            cloud: Cloud = twin.placement[KINDS[call.target].slot]
            yield Endpoint(component=f"{cloud}.{call.target}", cloud=cloud, path=f"/{call.target}", row=row.name)


def _wired(
    component: Component,
    twin: Twin,
    calls: list[tuple[Row, Call]],
    endpoints: tuple[Endpoint, ...],
    dead_letters: str | None,
) -> Component:
    wired = environment(component, twin, calls, endpoints, dead_letters)
    return msgspec.structs.replace(component, environment=wired)


def _links(twin: Twin, calls: list[tuple[Row, Call]]) -> Iterator[Link]:
    for row, call in calls:
        source, target = _id(call.source, twin), _id(call.target, twin)
        crosses = call.source in KINDS and source.split(".")[0] != target.split(".")[0]
        yield Link(
            source=source,
            target=target,
            boundary=boundary_name(row),
            delivery=call.delivery,
            locality=Locality.REMOTE if crosses else Locality.LOCAL,
            row=row.name,
            url_variable=call.url,
            access=call.access,
        )


def _side_links(components: tuple[Component, ...], letters: dict[str, str]) -> Iterator[Link]:
    """What hangs beside the data path: dead letters and the error path."""
    for function_id, queue_id in letters.items():
        yield _side_link(function_id, queue_id, "dead letters", Delivery.QUEUE)
    for each in components:
        if each.type is ComponentType.FUNCTION and each.slot is not None:
            yield _side_link(each.id, f"{each.cloud}.error-topic", "errors", Delivery.TOPIC)
    for each in components:
        if each.name == "error-reporter":
            yield _side_link(f"{each.cloud}.error-topic", each.id, "errors", Delivery.TOPIC)
            yield _side_link(each.id, f"{each.cloud}.error-table", "errors", Delivery.STORE)


def _side_link(source: str, target: str, row: str, delivery: Delivery) -> Link:
    return Link(source=source, target=target, boundary=row, delivery=delivery, locality=Locality.LOCAL, row=row)


def _boundary(row: Row, way: Way, twin: Twin) -> Boundary:
    return Boundary(
        name=boundary_name(row),
        source=row.source,
        target=row.target,
        source_cloud=twin.placement[row.source],
        target_cloud=twin.placement[row.target],
        locality=_locality(row, twin),
        row=row.name,
        says=way.says,
    )
