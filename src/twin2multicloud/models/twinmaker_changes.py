"""What a TwinMaker workspace lacks of a project: calls of its API, in the order of their needs. Pure.

What the project brought bears a mark in its description, the digest of what was sent: the service's lists show
descriptions, so that two lists tell what changed. What bears no mark was made by others, and stays.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.models.twinmaker import ROOT

Json = Mapping[str, Any]
_MARK, _DIGITS = re.compile(r" ?\[t2mc ([0-9a-f]+)\]$"), 12


_OWN_TYPES = "com.amazon."


class Instance(msgspec.Struct, frozen=True):
    """What is there: descriptions by id of component types, bases first, and of entities, parents first; scenes."""

    types: Mapping[str, str] = {}
    entities: Mapping[str, str] = {}
    scenes: Sequence[str] = ()


def instance(types: Iterable[Json], entities: Iterable[Json], scenes: Iterable[Json] = ()) -> Instance:
    """What the summaries of the service's lists say, in whatever order they came."""
    by_age = sorted(types, key=lambda each: each["creationDateTime"])
    return Instance(
        types={
            each["componentTypeId"]: each.get("description", "")
            for each in by_age
            if not each["componentTypeId"].startswith(_OWN_TYPES)
        },
        entities={each["entityId"]: each.get("description", "") for each in _parents_first(list(entities))},
        scenes=[each["sceneId"] for each in scenes],
    )


def _parents_first(entities: Sequence[Json]) -> Iterator[Json]:
    children: dict[str, list[Json]] = {}
    for each in entities:
        children.setdefault(each.get("parentEntityId", ROOT), []).append(each)
    waiting = [ROOT]
    while waiting:
        below = children.get(waiting.pop(), [])
        yield from below
        waiting += [each["entityId"] for each in below]


class Call(msgspec.Struct, frozen=True):
    """One call: its name as the service has it, and its arguments but for the workspace.

    An ``UpdateEntity`` has the whole entity instead: `entity_updates` makes calls of it and of what is there.
    """

    name: str
    arguments: Json


def changes(exported: Json, there: Instance) -> list[Call]:
    """The calls that bring a workspace to an export of `models.twinmaker`."""
    return list(_changes(exported, there))


def _changes(exported: Json, there: Instance) -> Iterator[Call]:
    for key, known, rows in (
        ("componentTypeId", there.types, exported["componentTypes"]),
        ("entityId", there.entities, exported["entities"]),
    ):
        kind = "ComponentType" if key == "componentTypeId" else "Entity"
        for each in map(_marked, rows):
            before = known.get(each[key])
            if before is None:
                yield Call(f"Create{kind}", each)
            elif before != each["description"]:
                yield Call(f"Update{kind}", each)
    yield from _removals(
        [each for each in _ours(there.entities) if each not in {one["entityId"] for one in exported["entities"]}],
        [each for each in _ours(there.types) if each not in _ids(exported)],
    )


def removal(there: Instance) -> list[Call]:
    """The calls that empty a workspace, so that it may be deleted: others' scenes, entities and types too."""
    scenes = [Call("DeleteScene", {"sceneId": each}) for each in there.scenes]
    return [*scenes, *_removals(list(there.entities), list(there.types))]


def _removals(entities: list[str], types: list[str]) -> Iterator[Call]:
    """Children and extending types go before what they need."""
    yield from (Call("DeleteEntity", {"entityId": each}) for each in reversed(entities))
    yield from (Call("DeleteComponentType", {"componentTypeId": each}) for each in reversed(types))


def entity_updates(wanted: Json, before: Json) -> list[Json]:
    """The arguments of the UpdateEntity calls that make an entity, as GetEntity shows it, the wanted one.

    A component that gets another type is removed by a call of its own.
    """
    components, known = wanted.get("components", {}), before.get("components", {})
    retyped = [
        name for name, each in components.items() if name in known and known[name]["componentTypeId"] != _type(each)
    ]
    updates: dict[str, Any] = {name: {"updateType": "DELETE"} for name in known if name not in components}
    for name, each in components.items():
        new = name not in known or name in retyped
        values = {key: {"value": one["value"], "updateType": "UPDATE"} for key, one in each["properties"].items()}
        updates[name] = {
            "updateType": "CREATE" if new else "UPDATE",
            **({"componentTypeId": _type(each)} if new else {}),
            "propertyUpdates": values,
        }
    parent = wanted.get("parentEntityId")
    moved = {"updateType": "UPDATE", "parentEntityId": parent} if parent else {"updateType": "DELETE"}
    one = {"entityId": wanted["entityId"]}
    last = {
        **one,
        "entityName": wanted["entityName"],
        "description": wanted["description"],
        "componentUpdates": updates,
        **({"parentEntityUpdate": moved} if before.get("parentEntityId") != (parent or ROOT) else {}),
    }
    first = {**one, "componentUpdates": {name: {"updateType": "DELETE"} for name in retyped}}
    return [first, last] if retyped else [last]


def _type(component: Json) -> str:
    return str(component["componentTypeId"])


def _marked(each: Json) -> dict[str, Any]:
    digest = hashlib.sha256(msgspec.json.encode(each, order="deterministic")).hexdigest()[:_DIGITS]
    said = each.get("description", "")
    return {**each, "description": f"{said} [t2mc {digest}]".strip()}


def _ours(known: Mapping[str, str]) -> list[str]:
    return [name for name, description in known.items() if _MARK.search(description)]


def _ids(exported: Json) -> set[str]:
    return {each["componentTypeId"] for each in exported["componentTypes"]}
