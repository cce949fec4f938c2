"""Holds L4 against L3: every property of every entity is asked where the twin service would, and at the hot reader."""

from collections.abc import Callable, Iterator

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.dtdl_names import component_twin, property_name
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.domain.twin_graph import ComponentModel, TwinModel
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.planning.services import services_of
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.twin_graph import TwinGraph

_Ask = Callable[[str, ComponentModel], dict[str, Scalar]]
"""The current values of a component of an entity, as L4 has them."""


class PropertyCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One property at L4 and at L3. `time` is L3's; `problem` is empty where both say the same."""

    entity: str
    component: str
    name: str
    at_l4: Scalar | None = None
    at_l3: Scalar | None = None
    time: str | None = None
    age_seconds: float | None = None
    problem: str = ""


def check(twin: OperatedTwin, hierarchy: Hierarchy, most: int = 10_000) -> Iterator[PropertyCheck]:
    """Check up to `most` components, in the order of the hierarchy.

    A reading may arrive between the two questions, so L3 is asked before and after: either value agrees. Raises
    TwinError where either does not answer.
    """
    model, l4 = TwinModel(hierarchy, twin.catalog), twin.placement[Slot.L4]
    services, readers = services_of(l4), twin.readers
    if services.twin_reads:
        across = l4 != twin.placement[Slot.L3_HOT]
        ask = _asker(twin.invocation(l4), own=Kind.TWIN_SERVICE in services.own, across=across)
    else:
        ask = _at_graph(twin.graph)
    left = most
    for entity in model.entities():
        for component in model.components(entity.id, limit=left):
            left -= 1
            yield from _component(readers, entity.id, component, ask, twin.now)


def _asker(l4: Invocation, *, own: bool, across: bool) -> _Ask:
    def at_service(entity: str, component: ComponentModel) -> dict[str, Scalar]:
        path = f"/entities/{entity}/components/{component.name}/state"
        rows = l4.call(Kind.TWIN_SERVICE.value, {"path": path})["properties"]
        return {each["name"]: each["value"] for each in rows if each.get("value") is not None}

    def at_reader(entity: str, component: ComponentModel) -> dict[str, Scalar]:
        """As TwinMaker asks: by entity and component, at what the component type names."""
        reader = Kind.DATA_CONNECTOR_LAST_ENTRY if across else Kind.HOT_READER_LAST_ENTRY
        asked = {
            "workspaceId": "twin",
            "entityId": entity,
            "componentName": component.name,
            "selectedProperties": [each.name for each in component.properties],
        }
        entries = l4.call(reader.value, asked)["propertyValues"]
        return {name: plain(each["propertyValue"]) for name, each in entries.items()}

    return at_service if own else at_reader


def _at_graph(graph: TwinGraph) -> _Ask:
    def ask(entity: str, component: ComponentModel) -> dict[str, Scalar]:
        found = graph.state(component_twin(entity, component.name)).values
        names = {each.name: property_name(each.name) for each in component.properties}
        return {name: found[known] for name, known in names.items() if known in found}

    return ask


def _component(
    readers: HotReaders, entity: str, component: ComponentModel, ask: _Ask, now: str
) -> Iterator[PropertyCheck]:
    names = [each.name for each in component.properties]
    before = readers.latest(component.device, names)
    try:
        at_l4, failed = ask(entity, component), ""
    except TwinError as error:
        at_l4, failed = {}, str(error)
    after = readers.latest(component.device, names)
    for name in names:
        time, value = after.get(name, (None, None))
        known = [found.get(name, (None, None))[1] for found in (before, after)]
        problem = failed or ("" if at_l4.get(name) in known else "L4 and L3 differ")
        yield PropertyCheck(
            entity=entity,
            component=component.name,
            name=name,
            at_l4=at_l4.get(name),
            at_l3=value,
            time=time,
            age_seconds=None
            if time is None
            else round(max(0.0, (to_datetime(now) - to_datetime(time)).total_seconds()), 3),
            problem=problem,
        )
