"""Consistency checks of config, hierarchy and event rules, also with the device file. Reads no file."""

from collections.abc import Collection, Iterator
from zoneinfo import available_timezones

from twin2multicloud.domain.device import DataType
from twin2multicloud.domain.event_rule import ActionKind, Comparison
from twin2multicloud.project.event_rules import check_text, comparable, components_of
from twin2multicloud.project.inventory import Inventory, Tree
from twin2multicloud.project.places import Json, Place, Problem, did_you_mean, quoted, repeated, shown

_ORDERED = (Comparison.GREATER, Comparison.GREATER_EQUAL, Comparison.LESS, Comparison.LESS_EQUAL)


def check_config(tree: Tree, at: Place) -> Iterator[Problem]:
    """Readings go from store to store as they age, and are deleted after that; the time zone exists."""
    hot, cold = tree.get("hot_retention_days"), tree.get("cold_retention_days")
    archive = tree.get("archive_retention_days")
    if hot is not None and cold is not None and cold < hot:
        yield (at / "cold_retention_days").problem(
            shown(cold), f"at least hot_retention_days, {hot}, because both are the age of a reading"
        )
    if cold is not None and archive is not None and archive <= cold:
        yield (at / "archive_retention_days").problem(
            shown(archive), f"more than cold_retention_days, {cold}, because both are the age of a reading"
        )

    zone = tree.get("time_zone")
    if zone is not None and zone not in available_timezones():
        yield (at / "time_zone").problem(
            quoted(zone), "a time zone of this machine", did_you_mean(zone, available_timezones())
        )


def check_hierarchy(tree: Tree, inventory: Inventory | None, at: Place) -> Iterator[Problem]:
    """Each entity once, each component once in its entity, each fed by what there is. No inventory, no look-up."""
    entities = list(_entities(tree.get("entities", ()), at / "entities"))
    yield from repeated(((each.get("id"), place / "id") for each, place in entities), "each entity once")
    for entity, place in entities:
        parts = [(each, place / "components" / n) for n, each in enumerate(entity.get("components", ()))]
        yield from repeated(((each.get("name"), here / "name") for each, here in parts), "each name once in an entity")
        for component, here in parts:
            yield from _check_source(component, inventory, here)


def _entities(entities: list[Tree], at: Place) -> Iterator[tuple[Tree, Place]]:
    for index, entity in enumerate(entities):
        yield entity, at / index
        yield from _entities(entity.get("children", []), at / index / "children")


def check_events(
    tree: Tree, hierarchy: Tree, inventory: Inventory | None, actions: Collection[str], at: Place
) -> Iterator[Problem]:
    """Each rule once, over what there is, with a threshold that its property can be held against, and its action."""
    components = components_of(hierarchy)
    rules = [(rule, at / "rules" / index) for index, rule in enumerate(tree.get("rules", ()))]
    yield from repeated(((rule.get("name"), here / "name") for rule, here in rules), "each rule once")
    for rule, here in rules:
        yield from _check_source(rule, inventory, here)
        yield from check_text(rule, components, inventory, here)
        yield from _check_action(rule.get("action", {}), actions, here / "action" / "name")
        if inventory is not None:
            yield from _check_type(rule.get("type"), inventory, here / "type")
            yield from _check_watched(rule, inventory, here)
            yield from _check_device(rule.get("action", {}).get("device"), inventory, here / "action" / "device")


def _check_action(action: Tree, actions: Collection[str], at: Place) -> Iterator[Problem]:
    """A function's file is there."""
    name = action.get("name")
    if action.get("kind") == ActionKind.FUNCTION and name is not None and name not in actions:
        yield at.problem(quoted(name), f"a file actions/{name}.py", did_you_mean(name, actions))


def _check_type(name: str | None, inventory: Inventory, at: Place) -> Iterator[Problem]:
    if name is not None and name not in inventory.types:
        yield at.problem(quoted(name), "a type of the device file", did_you_mean(name, inventory.types))


def _check_source(part: Tree, inventory: Inventory | None, at: Place) -> Iterator[Problem]:
    """The device or the group that a component or a rule names."""
    if inventory is None:
        return
    yield from _check_device(part.get("device"), inventory, at / "device")
    group = part.get("group")
    if group is not None and group not in inventory.by_group:
        hint = did_you_mean(group, inventory.by_group)
        if group in inventory.by_id:
            hint = f'write "device": {quoted(group)} for a single device'
        yield (at / "group").problem(quoted(group), "a group of the device file", hint)


def _check_device(device: str | None, inventory: Inventory, at: Place) -> Iterator[Problem]:
    if device is None or inventory.has_device(device):
        return
    hint = did_you_mean(device, inventory.device_names())
    if device in inventory.by_group:
        hint = f'write "group": {quoted(device)} for a whole group'
    yield at.problem(quoted(device), "a device of the device file", hint)


def _check_watched(rule: Tree, inventory: Inventory, at: Place) -> Iterator[Problem]:
    """The property of a rule, and whether it can be compared so."""
    known = inventory.properties_of(device=rule.get("device"), group=rule.get("group"))
    name = rule.get("property")
    if known is None or name is None:
        return
    if name not in known:
        owner = quoted(rule.get("device") or rule.get("group") or "")
        yield (at / "property").problem(quoted(name), f"a property of {owner}", did_you_mean(name, known))
        return
    data_type = known[name]
    if data_type is not None:
        yield from _check_comparison(rule, data_type, at)


def _check_comparison(rule: Tree, data_type: DataType, at: Place) -> Iterator[Problem]:
    threshold: Json = rule.get("threshold")
    if threshold is not None and not comparable(data_type, threshold):
        yield (at / "threshold").problem(shown(threshold), f"a value to hold a {data_type} against")
    comparison = rule.get("comparison")
    if comparison in _ORDERED and data_type in (DataType.STRING, DataType.BOOLEAN):
        yield (at / "comparison").problem(quoted(comparison), f"== or != for a {data_type}")
