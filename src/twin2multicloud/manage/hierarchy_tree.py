"""The twin's hierarchy as tree nodes, and the search for one member of a group. Pure; builds no page.

A group is one node however many devices it has: the tree's size is that of the description, not of the fleet.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

import msgspec

from twin2multicloud.domain.device import DeviceCatalog, DeviceGroup
from twin2multicloud.domain.hierarchy import Entity, EntityComponent
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.twin import Twin

Node = dict[str, Any]

_DEVICE, _GROUP, _ENTITY = "device", "group", "entity"
_MOST_SORTED = 1_000  # matches that are put in order: a short text has 100,000
ALL = "all"
"""The id of the node that stands for every device."""


class Place(msgspec.Struct, frozen=True):
    """What the page shows: a device, all of an entity, all of a group, or all there are."""

    device: str | None = None
    entity: str | None = None
    group: str | None = None

    @property
    def url(self) -> str:
        """Its address."""
        named = (("device", self.device), ("group", self.group), ("entity", self.entity))
        return next((f"/?{kind}={quote(name)}" for kind, name in named if name), "/")


def place_of(node_id: str) -> Place:
    """What a tree node shows."""
    kind, _, rest = node_id.partition("|")
    choice = choice_of(node_id)
    if choice is not None:
        return Place(device=choice.device, group=choice.group)
    return Place(entity=rest) if kind == _ENTITY else Place()


def missing_place(twin: Twin, place: Place) -> str:
    """The sentence on a place that the twin does not have; empty where it has it."""
    entities = [entity.id for _, entity in twin.hierarchy.walk()]
    groups = [group.name for group in twin.catalog.groups]
    if place.device is not None and twin.catalog.find(place.device) is None:
        what, name, known = "device", place.device, twin.catalog.ids()
    elif place.group is not None and place.group not in groups:
        what, name, known = "group", place.group, iter(groups)
    elif place.entity is not None and place.entity not in entities:
        what, name, known = "entity", place.entity, iter(entities)
    else:
        return ""
    return f"{twin.name} has no {what} {name}{hint(name, known) or '; here are the devices it has'}"


class Choice(msgspec.Struct, frozen=True):
    """What a tree node represents: a device, or the devices of a group."""

    device: str | None = None
    group: str | None = None


def tree_nodes(twin: Twin) -> list[Node]:
    """Nodes for the tree: `ALL`, entities with their components, and at the end what no entity names.

    Each has `id`, `label`, `note` (a device id or a count) and `icon`; entities have `children`.
    """
    groups = {group.name: group for group in twin.catalog.groups}
    nodes = [_entity_node(entity, groups) for entity in twin.hierarchy.entities]
    loose = list(_loose_nodes(twin))
    if loose:
        nodes.append(_node("other", "Other devices" if nodes else "Devices", "devices_other", children=loose))
    return [_node(ALL, "All devices", "view_list", note=f"{len(twin.catalog):,}"), *nodes]


def _node(node_id: str, label: str, icon: str, *, note: str = "", children: list[Node] | None = None) -> Node:
    node = {"id": node_id, "label": label, "icon": icon, "note": note}
    return node if children is None else {**node, "children": children}


def _entity_node(entity: Entity, groups: Mapping[str, DeviceGroup]) -> Node:
    leaves = [_component_node(entity.id, component, groups) for component in entity.components]
    below = [_entity_node(child, groups) for child in entity.children]
    return _node(entity_node(entity.id), entity.name, "account_tree", children=[*leaves, *below])


def _component_node(entity_id: str, component: EntityComponent, groups: Mapping[str, DeviceGroup]) -> Node:
    group = groups.get(component.group or "")
    if group is not None:
        return _group_node(entity_id, component.name, group)
    note = "" if component.device == component.name else component.device or ""
    return _node(f"{_DEVICE}|{entity_id}|{component.device}", component.name, "sensors", note=note)


def _group_node(entity_id: str, label: str, group: DeviceGroup) -> Node:
    return _node(f"{_GROUP}|{entity_id}|{group.name}", label, "dynamic_feed", note=f"{group.count:,} devices")


def _loose_nodes(twin: Twin) -> Iterator[Node]:
    """Devices and groups that no entity names."""
    components = [component for _, entity in twin.hierarchy.walk() for component in entity.components]
    devices, groups = {each.device for each in components}, {each.group for each in components}
    for device in twin.catalog.devices:
        if device.id not in devices:
            yield _node(f"{_DEVICE}||{device.id}", device.id, "sensors")
    for group in twin.catalog.groups:
        if group.name not in groups:
            yield _group_node("", group.name, group)


def choice_of(node_id: str) -> Choice | None:
    """What was chosen with a node's id; None for an entity, which is many devices: see `devices_below`."""
    kind, _, place = node_id.partition("|")
    name = place.partition("|")[2]
    if kind == _DEVICE:
        return Choice(device=name)
    return Choice(group=name) if kind == _GROUP else None


def entity_node(entity_id: str) -> str:
    """The id of an entity's node."""
    return f"{_ENTITY}|{entity_id}"


def devices_below(nodes: Iterable[Node], node_id: str, groups: Mapping[str, DeviceGroup]) -> Iterator[str]:
    """The ids of the devices below a node, each once; none where there is no such node."""
    choices = _choices_below(nodes, node_id)
    devices = {choice.device for choice in choices}
    for choice in choices:
        if choice.device is not None:
            yield choice.device
        else:
            yield from (device for device in groups[choice.group or ""] if device not in devices)


def count_below(nodes: Iterable[Node], node_id: str, groups: Mapping[str, DeviceGroup]) -> int:
    """How many `devices_below` has."""
    choices = _choices_below(nodes, node_id)
    below = [groups[choice.group] for choice in choices if choice.group is not None]
    alone = [choice.device for choice in choices if choice.device is not None]
    return sum(group.count for group in below) + sum(not any(each in group for group in below) for each in alone)


def _choices_below(nodes: Iterable[Node], node_id: str) -> list[Choice]:
    tops = [node for node in _walk(nodes) if node_id in (node["id"], ALL)]
    return list(dict.fromkeys(choice for node in _walk(tops) if (choice := choice_of(node["id"])) is not None))


def node_of_device(nodes: Iterable[Node], device_id: str, group: str | None) -> str | None:
    """The id of the node that shows a device: its own, else its group's."""
    wanted = {Choice(device=device_id), Choice(group=group)} if group else {Choice(device=device_id)}
    return next((node["id"] for node in _walk(nodes) if choice_of(node["id"]) in wanted), None)


def node_of(nodes: Iterable[Node], node_id: str) -> Node | None:
    """The node of that id."""
    return next((node for node in _walk(nodes) if node["id"] == node_id), None)


def entity_ids(nodes: Iterable[Node]) -> list[str]:
    """The ids of all nodes that have children, parents first."""
    return [node["id"] for node in _walk(nodes) if "children" in node]


def node_of_group(nodes: Iterable[Node], group: str) -> str | None:
    """The id of the node that shows a group."""
    return next((node["id"] for node in _walk(nodes) if choice_of(node["id"]) == Choice(group=group)), None)


def found(catalog: DeviceCatalog, text: str, most: int = 12) -> tuple[str, ...]:
    """Up to `most` ids that contain a text, members of groups too: those that begin with it first, then in order."""
    wanted = text.strip().lower()
    if not wanted:
        return ()
    matches = list(islice((each for each in catalog.ids() if wanted in each.lower()), _MOST_SORTED))
    matches.sort(key=lambda each: not each.lower().startswith(wanted))
    return tuple(matches[:most])


def members(group: DeviceGroup, text: str, most: int = 12) -> tuple[str, ...]:
    """Up to `most` ids of a group for a search text: a number is the n-th member; else ids that contain the text."""
    wanted = text.strip().lower()
    matches = (each for each in group if wanted in each.lower())
    nth = _nth_member(group, wanted)
    return tuple(dict.fromkeys([*nth, *islice(matches, most)]))[:most]


def _nth_member(group: DeviceGroup, text: str) -> tuple[str, ...]:
    if not text.isdecimal() or not 1 <= int(text) <= group.count:
        return ()
    return (group.id_pattern.format(n=int(text)),)


def _walk(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.get("children", ()))
