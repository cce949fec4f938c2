"""The twin as a picture: an area for each entity, in that of its parent, and a spot for each measured property. Pure.

One value for every drawing: the page's SVG and TwinMaker's scene are made from it. A scene is as wide as a phone and as
high as it has to be; a page puts several beside each other. Members of groups have no spots: there may be 100,000.
"""

from collections.abc import Iterator

import msgspec

from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Entity
from twin2multicloud.domain.twin import Twin
from twin2multicloud.domain.twin_graph import TwinModel

WIDTH, HEAD, LINE, SPOT, GAP = 320.0, 30.0, 22.0, 26.0, 8.0
MOST_SPOTS = 200
"""Of one scene; the rest is counted."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """An entity's place: a rectangle, in that of its parent."""

    entity: str
    name: str
    x: float
    y: float
    width: float
    height: float
    depth: int


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A line of text: a component's name, or a group's with the number of its devices."""

    text: str
    x: float
    y: float


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A hot spot, bound to one property of one component. `rules` colour it: those that compare it alone, at once."""

    entity: str
    component: str
    device: str
    name: str
    unit: str
    x: float
    y: float
    width: float
    rules: tuple[EventRule, ...] = ()


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The picture of one entity at the top, and all below it. `left` spots were not drawn."""

    entity: str
    height: float
    areas: tuple[Area, ...]
    labels: tuple[Label, ...]
    spots: tuple[Spot, ...]
    left: int = 0


def scenes_of(twin: Twin) -> tuple[Scene, ...]:
    """A scene for each entity at the top of a twin's hierarchy."""
    return tuple(_Drawing(twin).scene(each) for each in twin.hierarchy.entities)


def rooms_of(twin: Twin) -> tuple[Scene, ...]:
    """The same in smaller pictures, for a page to put beside each other: an entity at the top, then each below it."""
    found = []
    for top in twin.hierarchy.entities:
        if top.components or not top.children:
            found.append(_Drawing(twin).scene(msgspec.structs.replace(top, children=())))
        below = (msgspec.structs.replace(each, name=f"{top.name} › {each.name}") for each in top.children)
        found += [_Drawing(twin).scene(each) for each in below]
    return tuple(found)


class _Drawing:
    """Lays one scene out, from the top down."""

    def __init__(self, twin: Twin) -> None:
        self._twin, self._model = twin, TwinModel(twin.hierarchy, twin.catalog)
        self._groups = {each.name: each for each in twin.catalog.groups}
        self._areas: list[Area] = []
        self._labels: list[Label] = []
        self._spots: list[Spot] = []
        self._left = 0

    def scene(self, top: Entity) -> Scene:
        height = self._area(top, 0.0, 0.0, WIDTH, 0)
        areas = tuple(sorted(self._areas, key=lambda each: each.depth))
        return Scene(
            entity=top.id,
            height=height,
            areas=areas,
            labels=tuple(self._labels),
            spots=tuple(self._spots),
            left=self._left,
        )

    def _area(self, entity: Entity, x: float, y: float, width: float, depth: int) -> float:
        """Draw an entity; its height."""
        below = y + HEAD
        for component in entity.components:
            if component.group is not None:
                group = self._groups[component.group]
                self._labels.append(Label(text=f"{component.name}: {group.count:,} devices", x=x + GAP, y=below))
                below += LINE
                continue
            self._labels.append(Label(text=component.name, x=x + GAP, y=below))
            below = self._component(entity.id, component.name, x + GAP, below + LINE, width - 2 * GAP)
        for child in entity.children:
            below += GAP + self._area(child, x + GAP, below + GAP, width - 2 * GAP, depth + 1)
        height = below + GAP - y
        self._areas.append(Area(entity=entity.id, name=entity.name, x=x, y=y, width=width, height=height, depth=depth))
        return height

    def _component(self, entity: str, name: str, x: float, y: float, width: float) -> float:
        """Draw the spots of a component; where they end."""
        found = self._model.component(entity, name)
        for each in found.properties if found is not None else ():
            if each.constant is not None or found is None:
                continue
            if len(self._spots) >= MOST_SPOTS:
                self._left += 1
                continue
            rules = tuple(self._rules(found.device, each.name))
            self._spots.append(
                Spot(
                    entity=entity,
                    component=name,
                    device=found.device,
                    name=each.name,
                    unit=each.unit,
                    x=x,
                    y=y,
                    width=width,
                    rules=rules,
                )
            )
            y += SPOT
        return y

    def _rules(self, device: str, name: str) -> Iterator[EventRule]:
        for each in self._twin.events if self._twin.enable_events else ():
            if each.term is not None and each.term.property == name and each.watches(device, self._twin.catalog):
                yield each
