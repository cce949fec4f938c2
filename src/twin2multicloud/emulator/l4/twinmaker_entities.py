"""Entities of the emulated TwinMaker, with their components and properties, as its operations make and show them."""

import uuid
from collections.abc import Mapping
from itertools import islice
from typing import Any

from twin2multicloud.emulator.l4.documents import Document
from twin2multicloud.emulator.l4.twinmaker_arguments import (
    MOST_RESULTS,
    Answer,
    Arguments,
    filters,
    invalid,
    limit,
    mapping,
    named,
    optional,
    page,
    refuse,
    required,
    start_of,
    taken,
)
from twin2multicloud.emulator.l4.twinmaker_components import (
    Component,
    changed_components,
    component_of,
    components_of,
    definitions,
    held,
    made_components,
)
from twin2multicloud.emulator.l4.twinmaker_service import (
    ACTIVE,
    ENTITIES,
    ROOT,
    Handler,
    Service,
    arn,
    made,
    times,
)


def _create(service: Service, asked: Arguments) -> Answer:
    workspace = service.workspace(asked)
    refuse(asked, "compositeComponents")
    entity_id = named(asked.get("entityId") or str(uuid.uuid4()), "entityId")
    required(asked, "entityName")
    with service.documents.lock:
        service.refuse_second(ENTITIES, workspace, entity_id)
        document = {
            "entityId": entity_id,
            **optional(asked, "entityName", "description"),
            "parentEntityId": _parent(service, workspace, entity_id, asked.get("parentEntityId") or ROOT),
            "components": made_components(service, workspace, asked),
        }
        kept = service.put(ENTITIES, workspace, entity_id, document)
    service.tag(arn(workspace, ENTITIES, entity_id), asked.get("tags") or {})
    return made(kept, arn(workspace, ENTITIES, entity_id), entityId=entity_id, state="CREATING")


def _parent(service: Service, workspace: str, entity_id: str, parent: str) -> str:
    """A parent that is there and is not below the entity itself."""
    above = named(parent, "parentEntityId")
    while above != ROOT:
        if above == entity_id:
            raise invalid(f"entity {parent!r} is entity {entity_id!r} itself, or below it")
        found = service.find(ENTITIES, workspace, above)
        if found is None:
            raise invalid(f"there is no parent entity {above!r}")
        above = found["parentEntityId"]
    return parent


def _update(service: Service, asked: Arguments) -> Answer:
    workspace, entity_id = service.workspace(asked), required(asked, "entityId")
    refuse(asked, "compositeComponentUpdates")
    with service.documents.lock:
        before = service.get(ENTITIES, workspace, entity_id)
        updates = mapping(asked, "componentUpdates")
        for name in updates:
            if name not in before["components"] and service.members.component(workspace, entity_id, name) is not None:
                raise invalid(f"component {name!r} is a member of a group of the project, and changes with it")
        document = {
            **before,
            **optional(asked, "entityName", "description"),
            "parentEntityId": _moved(service, workspace, before, asked.get("parentEntityUpdate")),
            "components": changed_components(service, workspace, before["components"], updates),
        }
        kept = service.put(ENTITIES, workspace, entity_id, document)
    return {"updateDateTime": kept["updateDateTime"], "state": "UPDATING"}


def _moved(service: Service, workspace: str, before: Document, update: Mapping[str, Any] | None) -> str:
    if update is None:
        return str(before["parentEntityId"])
    if update.get("updateType") == "DELETE":
        return ROOT
    return _parent(service, workspace, before["entityId"], required(update, "parentEntityId"))


def _delete(service: Service, asked: Arguments) -> Answer:
    workspace, entity_id = service.workspace(asked), required(asked, "entityId")
    with service.documents.lock:
        service.get(ENTITIES, workspace, entity_id)
        below = _below(service, workspace, entity_id)
        if below and str(asked.get("isRecursive", "")).lower() != "true":
            raise invalid(f"entity {entity_id!r} has children; isRecursive deletes them too")
        for each in [*reversed(below), entity_id]:
            service.remove(ENTITIES, workspace, each)
    return {"state": "DELETING"}


def _below(service: Service, workspace: str, entity_id: str) -> list[str]:
    children: dict[str, list[str]] = {}
    for each in service.all(ENTITIES, workspace):
        children.setdefault(each["parentEntityId"], []).append(each["entityId"])
    found, waiting = [], [entity_id]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


# --- reading ---------------------------------------------------------------------------------------------------------


def _get(service: Service, asked: Arguments) -> Answer:
    workspace, entity_id = service.workspace(asked), required(asked, "entityId")
    entity = service.get(ENTITIES, workspace, entity_id)
    found = list(islice(components_of(service, entity), MOST_RESULTS + 1))
    return {
        **_summary(entity, _parents(service, workspace)),
        "workspaceId": workspace,
        "components": {name: _described(service, workspace, name, each) for name, each in found[:MOST_RESULTS]},
        "areAllComponentsReturned": len(found) <= MOST_RESULTS,
    }


def _list(service: Service, asked: Arguments) -> Answer:
    workspace = service.workspace(asked)
    wanted = filters(asked, "parentEntityId", "componentTypeId", "externalId")
    parents = _parents(service, workspace)
    found = [each for each in service.all(ENTITIES, workspace) if _matches(service, each, wanted)]
    rows, token = page(found, asked)
    return {"entitySummaries": [_summary(each, parents) for each in rows], **token}


def _matches(service: Service, entity: Document, wanted: Mapping[str, Any]) -> bool:
    if wanted.get("parentEntityId") not in (None, entity["parentEntityId"]):
        return False
    kind, external = wanted.get("componentTypeId"), wanted.get("externalId")
    if kind is None and external is None:
        return True
    return any(
        kind in (None, each["componentTypeId"])
        and (external is None or external in _external_ids(service, entity["workspaceId"], each).values())
        for _, each in components_of(service, entity)
    )


def _external_ids(service: Service, workspace: str, component: Component) -> dict[str, str]:
    return {
        name: held(component, name, each)["value"].get("stringValue", "")
        for name, each in definitions(service, workspace, component).items()
        if each["isExternalId"] and held(component, name, each)
    }


def _list_components(service: Service, asked: Arguments) -> Answer:
    workspace, entity_id = service.workspace(asked), required(asked, "entityId")
    refuse(asked, "componentPath")
    entity, count, start = service.get(ENTITIES, workspace, entity_id), limit(asked), start_of(asked)
    found = list(islice(components_of(service, entity), start, start + count + 1))
    rows = [
        {
            "componentName": name,
            "componentTypeId": each["componentTypeId"],
            **taken(each, "description"),
            "definedIn": entity_id,
            "status": ACTIVE,
        }
        for name, each in found[:count]
    ]
    return {"componentSummaries": rows, **({"nextToken": str(start + count)} if len(found) > count else {})}


def _list_properties(service: Service, asked: Arguments) -> Answer:
    workspace, entity_id = service.workspace(asked), required(asked, "entityId")
    refuse(asked, "componentPath")
    component = component_of(service, workspace, entity_id, required(asked, "componentName"))
    rows = [
        {"propertyName": name, "definition": each, **held(component, name, each), "areAllPropertyValuesReturned": True}
        for name, each in definitions(service, workspace, component).items()
    ]
    rows, token = page(rows, asked)
    return {"propertySummaries": rows, **token}


def _described(service: Service, workspace: str, name: str, component: Component) -> Answer:
    return {
        "componentName": name,
        "componentTypeId": component["componentTypeId"],
        **taken(component, "description"),
        "status": ACTIVE,
        "properties": {
            key: {"definition": each, **held(component, key, each), "areAllPropertyValuesReturned": True}
            for key, each in definitions(service, workspace, component).items()
        },
        "propertyGroups": {},
        "areAllPropertiesReturned": True,
    }


def _parents(service: Service, workspace: str) -> set[str]:
    return {each["parentEntityId"] for each in service.all(ENTITIES, workspace)}


def _summary(entity: Document, parents: set[str]) -> Answer:
    return {
        **taken(entity, "entityId", "entityName", "description", "parentEntityId"),
        "arn": arn(entity["workspaceId"], ENTITIES, entity["entityId"]),
        "hasChildEntities": entity["entityId"] in parents,
        "status": ACTIVE,
        **times(entity),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateEntity": _create,
    "GetEntity": _get,
    "UpdateEntity": _update,
    "DeleteEntity": _delete,
    "ListEntities": _list,
    "ListComponents": _list_components,
    "ListProperties": _list_properties,
}
