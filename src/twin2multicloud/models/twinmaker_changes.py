"""What a TwinMaker workspace lacks of a project: calls of its API, in the order of their needs. Pure.

What the project brought bears a mark in its description, the digest of what was sent: the service's lists show
descriptions, so that two lists tell what changed. What bears no mark was made by others, and stays.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Json = Mapping[str, Any]
_MARK, _DIGITS = re.compile(r" ?\[t2mc ([0-9a-f]+)\]$"), 12


class Instance(msgspec.Struct, frozen=True):
    """What is there, as the service's lists show it: descriptions of component types and entities, by id."""

    types: Mapping[str, str] = {}
    entities: Mapping[str, str] = {}


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
    """The calls that remove all that a project brought, so that the workspace may be deleted."""
    return list(_removals(_ours(there.entities), _ours(there.types)))


def _removals(entities: list[str], types: list[str]) -> Iterator[Call]:
    """Lists are in the order in which things were made: children and extending types after what they need."""
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
        **({"parentEntityUpdate": moved} if before.get("parentEntityId") != (parent or "$ROOT") else {}),
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
