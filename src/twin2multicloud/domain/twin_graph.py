"""The twin's graph as values: entities, components, properties, relationships, from hierarchy and catalog.

One model for every L4: TwinMaker, Azure Digital Twins and our twin service hold what stands here, under their own
names. A group's devices are components of their own under their ids; they are found by id and never listed unasked.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice

import msgspec

from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceGroup, DeviceType, Scalar
from twin2multicloud.domain.hierarchy import Entity, Hierarchy

IS_PART_OF = "isPartOf"
"""The relationship of an entity to the one above it."""


class PropertyModel(msgspec.Struct, frozen=True, kw_only=True):
    """A property of a component. `constant` is a value that never changes; others are time series."""

    name: str
    data_type: DataType
    unit: str = ""
    constant: Scalar | None = None
    initial: Scalar | None = None


class ComponentModel(msgspec.Struct, frozen=True, kw_only=True):
    """A component of an entity: what one device feeds. `type` is the device's type."""

    name: str
    type: str
    device: str
    properties: tuple[PropertyModel, ...]

    def property(self, name: str) -> PropertyModel | None:
        """The property of that name, if the component's type declares one."""
        return next((each for each in self.properties if each.name == name), None)


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """A directed, named edge between two entities."""

    name: str
    source: str
    target: str


class EntityModel(msgspec.Struct, frozen=True, kw_only=True):
    """An entity without its components. `parent` is None at the top."""

    id: str
    name: str
    parent: str | None = None
    children: tuple[str, ...] = ()


class TwinModel:
    """The graph of one twin. Looks up by id; its size does not depend on the number of devices in groups."""

    def __init__(self, hierarchy: Hierarchy, catalog: DeviceCatalog) -> None:
        self._catalog = catalog
        self._entities: dict[str, Entity] = {}
        self._parents: dict[str, str | None] = {}
        for top in hierarchy.entities:
            self._add(top, None)

    def _add(self, entity: Entity, parent: str | None) -> None:
        self._entities[entity.id], self._parents[entity.id] = entity, parent
        for child in entity.children:
            self._add(child, entity.id)

    def entity(self, entity_id: str) -> EntityModel | None:
        """The entity of that id."""
        found = self._entities.get(entity_id)
        if found is None:
            return None
        children = tuple(each.id for each in found.children)
        return EntityModel(id=found.id, name=found.name, parent=self._parents[entity_id], children=children)

    def entities(self) -> Iterator[EntityModel]:
        """All entities, parents first, in the order of the project's file."""
        for entity_id in self._entities:
            entity = self.entity(entity_id)
            if entity is not None:
                yield entity

    def components(self, entity_id: str, after: str = "", limit: int | None = None) -> list[ComponentModel]:
        """Components of an entity, in order: named ones, then members of its groups. Those behind `after`, if named."""
        names = self.component_names(entity_id)
        if after:
            names = _behind(names, after)
        found = (self.component(entity_id, name) for name in islice(names, limit))
        return [each for each in found if each is not None]

    def component(self, entity_id: str, name: str) -> ComponentModel | None:
        """The component of that name: one that a device feeds, or the member of a group by its own id."""
        entity = self._entities.get(entity_id)
        if entity is None:
            return None
        for each in entity.components:
            if each.device is not None and each.name == name:
                return self._fed_by(name, each.device)
            group = self._groups.get(each.group) if each.group is not None else None
            if group is not None and name in group:
                return self._fed_by(name, name)
        return None

    def holders_of(self, device_id: str) -> Iterator[tuple[str, str]]:
        """Each place of a device in the graph, as (entity, component)."""
        for entity in self._entities.values():
            for each in entity.components:
                group = self._groups.get(each.group) if each.group is not None else None
                if each.device == device_id:
                    yield entity.id, each.name
                elif group is not None and device_id in group:
                    yield entity.id, device_id

    def relationships(self, entity_id: str) -> list[Relationship]:
        """The relationships that leave an entity: to the one above it."""
        parent = self._parents.get(entity_id)
        return [Relationship(name=IS_PART_OF, source=entity_id, target=parent)] if parent is not None else []

    def incoming(self, entity_id: str) -> list[Relationship]:
        """The relationships that lead to an entity: from those below it."""
        entity = self._entities.get(entity_id)
        below = entity.children if entity is not None else ()
        return [Relationship(name=IS_PART_OF, source=each.id, target=entity_id) for each in below]

    @property
    def types(self) -> tuple[DeviceType, ...]:
        """The component types that the hierarchy uses, in the catalog's order."""
        used = set()
        for entity in self._entities.values():
            for each in entity.components:
                group = self._groups.get(each.group) if each.group is not None else None
                found = self._catalog.find(each.device) if each.device is not None else None
                used.add(group.type if group is not None else found.type if found is not None else "")
        return tuple(each for each in self._catalog.types if each.name in used)

    def groups(self, entity_id: str) -> Iterator[tuple[str, str]]:
        """The groups that feed an entity, as (name of the component, name of the group)."""
        entity = self._entities.get(entity_id)
        for each in entity.components if entity is not None else ():
            if each.group is not None:
                yield each.name, each.group

    def component_names(self, entity_id: str) -> Iterator[str]:
        """The names of an entity's components: those that a device feeds, then the ids of its groups' members."""
        yield from self.named(entity_id)
        yield from self.members(entity_id)

    def named(self, entity_id: str) -> Iterator[str]:
        """The names of an entity's components that the project names: each is fed by a device of its own."""
        entity = self._entities.get(entity_id)
        yield from (each.name for each in (entity.components if entity is not None else ()) if each.device is not None)

    def members(self, entity_id: str) -> Iterator[str]:
        """The ids of the members of an entity's groups, which are components too."""
        for _, name in self.groups(entity_id):
            yield from self._groups.get(name) or ()

    def _fed_by(self, name: str, device_id: str) -> ComponentModel | None:
        device_type = self._catalog.type_of(device_id)
        if device_type is None:
            return None
        return ComponentModel(
            name=name, type=device_type.name, device=device_id, properties=tuple(properties_of(device_type))
        )

    @cached_property
    def _groups(self) -> Mapping[str, DeviceGroup]:
        return {each.name: each for each in self._catalog.groups}


def properties_of(device_type: DeviceType) -> Iterator[PropertyModel]:
    """The properties of a component type."""
    for each in device_type.properties:
        yield PropertyModel(
            name=each.name, data_type=each.data_type, unit=each.unit, constant=each.constant, initial=each.initial
        )


def _behind(names: Iterator[str], after: str) -> Iterator[str]:
    for name in names:
        if name == after:
            break
    return names
