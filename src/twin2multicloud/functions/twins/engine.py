"""The twin graph as an engine: entities, components, properties, relationships, current state and history.

Pure, over two things: the model (`domain.twin_graph`) and the hot readers, which it calls through an `Invocation`. It
keeps no state of its own: the latest value is the reader's, and there a reading that comes late never replaces a newer
one, because rows are ordered by their times. What a twin service's own API looks like is its face's matter.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.domain.twin_graph import ComponentModel, EntityModel, TwinModel
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.invocation import Invocation


class PropertyNow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The current state of a property. `time` and `age_seconds` are None for what no device has measured."""

    name: str
    data_type: str
    unit: str = ""
    value: Scalar | None = None
    time: str | None = None
    age_seconds: float | None = None


class Readers(msgspec.Struct, frozen=True):
    """The two functions that answer history and latest values, by the names under which they are called."""

    history: str
    latest: str


class TwinEngine:
    """Answers questions about one twin. Raises FinalError (404) for what the graph does not hold."""

    def __init__(self, model: TwinModel, functions: Invocation, readers: Readers, clock: Clock) -> None:
        self.model, self._functions, self._readers, self._clock = model, functions, readers, clock

    def entity(self, entity_id: str) -> EntityModel:
        """The entity of that id."""
        found = self.model.entity(entity_id)
        if found is None:
            ids = [each.id for each in self.model.entities()]
            raise FinalError(f"the twin has no entity {entity_id!r}{_hint(entity_id, ids)}", 404)
        return found

    def component(self, entity_id: str, name: str) -> ComponentModel:
        """The component of an entity."""
        self.entity(entity_id)
        found = self.model.component(entity_id, name)
        if found is None:
            names = [each.name for each in self.model.components(entity_id, limit=100)]
            raise FinalError(f"entity {entity_id!r} has no component {name!r}{_hint(name, names)}", 404)
        return found

    def below(self, entity_id: str) -> Iterator[EntityModel]:
        """An entity and all entities below it, parents first."""
        entity = self.entity(entity_id)
        yield entity
        for child in entity.children:
            yield from self.below(child)

    def state(self, entity_id: str, name: str, properties: Sequence[str] = ()) -> list[PropertyNow]:
        """The current value of properties of a component, all where none is named; RetryableError as readers raise."""
        component = self.component(entity_id, name)
        asked = _known(component, properties)
        answer = self._functions.call(
            self._readers.latest, {"iotDeviceId": component.device, "selectedProperties": list(asked)}
        )
        entries, now = answer["propertyValues"], self._clock.now()
        return [self._now(component, each, entries.get(each), now) for each in asked]

    def history(self, entity_id: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One page of history, as the hot reader answers; `arguments` are those of its request beside the device."""
        component = self.component(entity_id, name)
        selected = arguments.get("selectedProperties")
        asked = _known(component, selected if isinstance(selected, list) else ())
        request = {**arguments, "iotDeviceId": component.device, "selectedProperties": list(asked)}
        return dict(self._functions.call(self._readers.history, request))

    def components_of(
        self, entities: Iterator[EntityModel], after: str, limit: int
    ) -> list[tuple[str, ComponentModel]]:
        """Components of entities with their entity's id, from the one behind the position `after`."""
        start = int(after) if after.isdecimal() else 0
        names = ((each.id, name) for each in entities for name in self.model.component_names(each.id))
        page = list(islice(names, start, start + limit))
        return [(entity, self.component(entity, name)) for entity, name in page]

    def _now(self, component: ComponentModel, name: str, entry: Mapping[str, Any] | None, now: str) -> PropertyNow:
        declared = component.property(name)
        assert declared is not None  # noqa: S101 - `_known` saw to it
        value = plain(entry["propertyValue"]) if entry is not None else None
        time = entry.get("time") if entry is not None else None
        age = (to_datetime(now) - to_datetime(time)).total_seconds() if time else None
        return PropertyNow(
            name=name,
            data_type=declared.data_type.value,
            unit=declared.unit,
            value=value,
            time=time,
            age_seconds=None if age is None else round(max(0.0, age), 3),
        )


def _known(component: ComponentModel, properties: Sequence[str]) -> tuple[str, ...]:
    names = tuple(each.name for each in component.properties)
    for each in properties:
        if each not in names:
            raise FinalError(f"component {component.name!r} has no property {each!r}{_hint(str(each), names)}", 404)
    return tuple(dict.fromkeys(properties)) or names


def _hint(name: str, known: Sequence[str]) -> str:
    from twin2multicloud.domain.suggestions import hint  # only now: it imports difflib

    return hint(name, known)
