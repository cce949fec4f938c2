"""Dashboards as code: one of the twin, one per entity, one per device, and one per group with its device as a variable.

Classic JSON at schemaVersion 41 (Grafana 11.6); newer Grafanas migrate it when they load it. Dictionaries, because
PyPI's grafana-foundation-sdk stops at 11.6, checks nothing and knows neither of the two plugins.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from twin2multicloud.dashboards import panels
from twin2multicloud.dashboards.data_source import Feed, Json, Questions
from twin2multicloud.domain.device import Device, DeviceGroup, Property
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Entity
from twin2multicloud.domain.twin import Twin

SCHEMA_VERSION = 41
_MOST_UID = 40
_LISTED = 500
"""Devices of a group that its variable lists; of a larger group an id is typed."""
_LINK = {
    "type": "link",
    "icon": "",
    "tooltip": "",
    "tags": [],
    "asDropdown": False,
    "includeVars": False,
    "keepTime": True,
    "targetBlank": False,
}
"""What Grafana's JSON Schema of a dashboard requires of a link, beside its title and URL (grafana-foundation-sdk)."""
_AGES = 60
"""Devices whose ages the twin's dashboard shows; a query each."""


def dashboards(twin: Twin, questions: Questions) -> list[Json]:
    """All dashboards of a twin, the twin's own first. Their number follows the project's files, not the fleet."""
    boards = _Boards(twin, questions)
    found = [boards.twin()]
    found += [boards.entity(each, parent) for each, parent in _with_parents(twin.hierarchy.entities, None)]
    found += [boards.device(each) for each in twin.catalog.devices]
    found += [boards.group(each) for each in twin.catalog.groups]
    return found


def board_uid(twin: str, kind: str, name: str = "") -> str:
    """A dashboard's uid: readable, at most 40 characters, its own for each name, the same at every export."""
    whole = "-".join(filter(None, (twin, kind, name)))
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", whole)
    if plain == whole and len(whole) <= _MOST_UID:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{plain[: _MOST_UID - 9]}-{digest}"


class _Boards:
    """The dashboards of one twin, asked in one way."""

    def __init__(self, twin: Twin, questions: Questions) -> None:
        self._twin, self._questions = twin, questions
        self._feeds = {
            component.device: (entity.id, component.name)
            for _, entity in twin.hierarchy.walk()
            for component in entity.components
            if component.device is not None
        }
        self._group_entities = {
            component.group: entity.id
            for _, entity in twin.hierarchy.walk()
            for component in entity.components
            if component.group is not None
        }

    def twin(self) -> Json:
        """The way in: the age of each device, and every dashboard."""
        devices = list(islice(self._twin.catalog.devices, _AGES))
        content = f"**{len(self._twin.catalog):,}** devices, **{len(list(self._twin.hierarchy.walk()))}** entities."
        notes = "".join(f"\n\n{gap}" for gap in self._questions.gaps)
        found: list[Json | None] = [panels.text(self._twin.name, content + notes, 4 if notes else 3)]
        found += [self._age(each, each.id) for each in devices]
        found.append(panels.dashboards_with(self._tag, "Entities and devices"))
        return self._board("twin", "", self._twin.name, found, links=[])

    def entity(self, entity: Entity, parent: Entity | None) -> Json:
        """An entity: what its devices measure, and the ways up, down and to each device."""
        links = [self._link("twin", "", self._twin.name)]
        if parent is not None:
            links.append(self._link("entity", parent.id, f"↑ {parent.name}"))
        links += [self._link("entity", child.id, f"↓ {child.name}") for child in entity.children]
        found: list[Json | None] = []
        for component in entity.components:
            if component.device is not None:
                links.append(self._link("device", component.device, component.device))
                found.append(panels.row(component.name))
                found += self._device_panels(Feed(component.device, entity.id, component.name), component.device)
            elif component.group is not None:
                links.append(self._link("group", component.group, component.group))
        if not found:
            found.append(panels.text(entity.name, "No single device feeds this entity; see the links above.", 3))
        return self._board("entity", entity.id, entity.name, found, links)

    def device(self, device: Device) -> Json:
        """One device: its age, its latest values, the history of each property."""
        feed = self._feed(device.id)
        links = [self._link("twin", "", self._twin.name)]
        if feed.entity is not None:
            links.append(self._link("entity", feed.entity, f"↑ {feed.entity}"))
        return self._board("device", device.id, device.id, self._device_panels(feed, device.id), links)

    def group(self, group: DeviceGroup) -> Json:
        """The devices of a group, one at a time: the variable says which."""
        entity = self._group_entities.get(group.name)
        feed = Feed("${device}", entity, "${device}" if entity is not None else None)
        first = next(iter(group))
        links = [self._link("twin", "", self._twin.name)]
        if entity is not None:
            links.append(self._link("entity", entity, f"↑ {entity}"))
        board = self._board("group", group.name, group.name, self._device_panels(feed, first), links)
        board["templating"]["list"] = [_variable(group, first)]
        return board

    def _device_panels(self, feed: Feed, device_id: str) -> list[Json | None]:
        """The panels of a device, properties as its type declares them. A constant has no history."""
        properties, measured = self._properties(device_id)
        if not properties:
            return []
        found = [panels.age(self._questions, feed, properties, "Age of the newest reading")]
        found.append(panels.latest(self._questions, feed, properties, "Latest values"))
        return found + [panels.history(self._questions, feed, each, self._rules(device_id, each)) for each in measured]

    def _age(self, device: Device, title: str) -> Json | None:
        properties, _ = self._properties(device.id)
        link = self._link("device", device.id, f"Open {device.id}")
        return panels.age(self._questions, self._feed(device.id), properties, title, link) if properties else None

    def _properties(self, device_id: str) -> tuple[tuple[Property, ...], list[Property]]:
        device_type = self._twin.catalog.type_of(device_id)
        properties = device_type.properties if device_type is not None else ()
        return properties, [each for each in properties if each.constant is None]

    def _rules(self, device_id: str, prop: Property) -> list[EventRule]:
        rules = self._twin.events if self._twin.enable_events else ()
        about = [each for each in rules if each.term is not None and each.term.property == prop.name]
        return [each for each in about if each.watches(device_id, self._twin.catalog)]

    def _feed(self, device_id: str) -> Feed:
        return Feed(device_id, *self._feeds.get(device_id, (None, None)))

    @property
    def _tag(self) -> str:
        return f"t2mc-{self._twin.name}"

    def _link(self, kind: str, name: str, title: str) -> Json:
        url = f"/d/{board_uid(self._twin.name, kind, name)}"
        return {**_LINK, "title": title, "url": url}

    def _board(self, kind: str, name: str, title: str, found: Iterable[Json | None], links: Sequence[Json]) -> Json:
        return {
            "uid": board_uid(self._twin.name, kind, name),
            "title": title if kind == "twin" else f"{self._twin.name} / {title}",
            "tags": [self._tag, kind],
            "schemaVersion": SCHEMA_VERSION,
            "editable": True,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "links": list(links),
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": panels.placed(each for each in found if each is not None),
        }


def _with_parents(entities: Iterable[Entity], parent: Entity | None) -> Iterator[tuple[Entity, Entity | None]]:
    for each in entities:
        yield each, parent
        yield from _with_parents(each.children, each)


def _variable(group: DeviceGroup, first: str) -> Json:
    """The device as a variable: a list, or a box to type an id into where the list would be long."""
    chosen = {"selected": True, "text": first, "value": first}
    common = {"name": "device", "label": "Device", "current": chosen, "hide": 0}
    if group.count > _LISTED:
        return {**common, "type": "textbox", "query": first, "options": [chosen]}
    options = [{"selected": each == first, "text": each, "value": each} for each in group]
    query = ",".join(group)
    return {**common, "type": "custom", "query": query, "options": options, "multi": False, "includeAll": False}
