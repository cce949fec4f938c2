"""The twin's hierarchy: one model for every L4. Owns entities and components; independent of twin services."""

from collections.abc import Iterator

import msgspec


class EntityComponent(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an entity that a device (or each device of a group) feeds. Exactly one of the two is set."""

    name: str
    device: str | None = None
    group: str | None = None


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A thing in the twin: a house, a room, a line, a machine."""

    id: str
    name: str
    components: tuple[EntityComponent, ...] = ()
    children: tuple["Entity", ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Entity"]]:
        """This entity and all below it, each with its depth, parents first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


class Hierarchy(msgspec.Struct, frozen=True, kw_only=True):
    """The entities at the top; all others are below them."""

    entities: tuple[Entity, ...] = ()

    def walk(self) -> Iterator[tuple[int, Entity]]:
        """Every entity with its depth, parents first."""
        for entity in self.entities:
            yield from entity.walk()

    def device_of(self, entity_id: str, component: str) -> str | None:
        """The device that feeds a component, where one device does."""
        found = (each for each in self._components(entity_id) if each.name == component)
        return next((each.device for each in found if each.device is not None), None)

    def groups_of(self, entity_id: str) -> frozenset[str]:
        """The device groups that feed an entity; there each device is a component under its own id."""
        return frozenset(each.group for each in self._components(entity_id) if each.group is not None)

    def _components(self, entity_id: str) -> Iterator[EntityComponent]:
        for _, entity in self.walk():
            if entity.id == entity_id:
                yield from entity.components
