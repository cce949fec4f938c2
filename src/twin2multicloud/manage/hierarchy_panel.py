"""The left side: the hierarchy as a tree, and the search for a member of a group. Owns what is chosen."""

from collections.abc import Callable, Iterator

from nicegui import events, ui

from twin2multicloud.domain.device import DeviceGroup
from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.hierarchy_tree import (
    Node,
    Place,
    choice_of,
    count_below,
    devices_below,
    entity_ids,
    entity_node,
    found,
    members,
    node_of,
    node_of_device,
    node_of_group,
    tree_nodes,
)

_MOST_EXPANDED = 60
_NODE = """
<div class="node" :data-node="props.node.id"><q-icon :name="props.node.icon" size="18px" class="node-icon" />
<span class="node-label">{{ props.node.label }}</span><span class="node-note">{{ props.node.note }}</span></div>
"""


class HierarchyPanel:
    """Calls `on_device` with the id of each device that is chosen, `on_many` with the id of any other node."""

    def __init__(self, twin: Twin, on_device: Callable[[str], None], on_many: Callable[[str], None]) -> None:
        self._twin, self._on_device, self._on_many = twin, on_device, on_many
        self._groups = {group.name: group for group in twin.catalog.groups}
        self._nodes = tree_nodes(twin)
        self._group: DeviceGroup | None = None
        self._chosen = ""
        self._build()

    def choose(self, place: Place) -> None:
        """Choose a device, all of a group or an entity, or all there are."""
        if place.device is not None:
            self._show(self._node_of(place.device), place.device)
        elif place.group is not None:
            self._show(node_of_group(self._nodes, place.group), None)
        else:
            self._show(self.node(entity_node(place.entity or ""))["id"], None)

    def node(self, node_id: str) -> Node:
        """The node of that id, or that of all devices."""
        return node_of(self._nodes, node_id) or self._nodes[0]

    def devices_below(self, node_id: str) -> Iterator[str]:
        """The devices of a node, and of all below it."""
        return devices_below(self._nodes, node_id, self._groups)

    def count_below(self, node_id: str) -> int:
        """How many devices a node has, with all below it; groups are not gone through."""
        return count_below(self._nodes, node_id, self._groups)

    def _build(self) -> None:
        with ui.element("div").classes("side"):
            ui.label("Hierarchy").classes("section")
            find = ui.input(placeholder="Find").props("dense outlined clearable aria-label=Find").classes("find")
            self._tree = ui.tree(self._nodes, on_select=self._selected).props(
                "dense no-connectors no-selection-unset no-results-label=' '"
            )
            self._tree.add_slot("default-header", _NODE)
            entities = entity_ids(self._nodes)
            self._tree.expand(entities if len(entities) <= _MOST_EXPANDED else entities[:1])
            find.props("debounce=250").on_value_change(lambda event: self._find(event.value or ""))
            self._found = ui.element("div").classes("matches found")
            self._tree.bind_filter_from(find, "value", backward=lambda text: text or "")
            self._build_search()

    def _build_search(self) -> None:
        with ui.element("div").classes("members") as self._search_box:
            self._group_label = ui.label().classes("section")
            self._search = (
                ui.input(placeholder="id, part of it, or number", on_change=self._list_members)
                .props('dense outlined clearable debounce=250 aria-label="Find a member"')
                .classes("find")
            )
            self._matches = ui.element("div").classes("matches")
        self._search_box.visible = False

    def _find(self, text: str) -> None:
        """List the devices of a text, beside the nodes that the tree leaves: members of a group are none."""
        self._found.clear()
        with self._found:
            for device_id in found(self._twin.catalog, text):
                button = ui.button(device_id, on_click=lambda _, each=device_id: self.choose(Place(device=each)))
                button.props("flat dense no-caps align=left color=none").classes("member")

    def _selected(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        if event.value is not None:
            self._show(event.value, None)

    def _node_of(self, device_id: str) -> str | None:
        group = next((name for name, group in self._groups.items() if device_id in group), None)
        return node_of_device(self._nodes, device_id, group)

    def _show(self, node_id: str | None, device_id: str | None) -> None:
        if node_id is None:
            return
        choice = choice_of(node_id)
        self._tree.select(node_id)
        self._group = self._groups.get(choice.group or "") if choice is not None else None
        self._search_box.visible = self._group is not None
        if choice is None:
            self._on_many(node_id)
            return
        wanted = device_id or choice.device
        if self._group is not None:
            self._group_label.set_text(f"{self._group.count:,} × {self._group.type}")
            self._chosen = wanted or ""
            self._search.set_value("")
            self._list_members()
        if wanted is None:
            self._on_many(node_id)
        else:
            self._choose(wanted)

    def _list_members(self) -> None:
        if self._group is None:
            return
        text = self._search.value or ""
        listed = members(self._group, text)
        if not text:  # what is in view stays in the list, wherever it is in the group
            listed = tuple(dict.fromkeys([*filter(None, [self._chosen]), *listed]))
        self._matches.clear()
        with self._matches:
            for device_id in listed:
                self._member(device_id)
            if not listed:
                ui.label("No device has that id.").classes("quiet")

    def _member(self, device_id: str) -> None:
        css = "member chosen" if device_id == self._chosen else "member"
        button = ui.button(device_id, on_click=lambda: self._choose(device_id), color=None)
        button.props("flat dense no-caps align=left").classes(css)

    def _choose(self, device_id: str) -> None:
        self._chosen = device_id
        if self._group is not None:
            self._list_members()
        self._on_device(device_id)
