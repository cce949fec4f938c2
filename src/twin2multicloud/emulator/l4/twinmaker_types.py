"""Component types of the emulated TwinMaker: what they declare, what they inherit, and which come with the service.

Built-in types: docs.aws.amazon.com iot-twinmaker/latest/guide, twinmaker-component-types.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.emulator.l4.twinmaker_arguments import (
    Answer,
    Arguments,
    filters,
    invalid,
    mapping,
    missing,
    named,
    optional,
    page,
    refuse,
    required,
    taken,
)
from twin2multicloud.emulator.l4.twinmaker_service import (
    ACTIVE,
    ENTITIES,
    TYPES,
    Handler,
    Service,
    arn,
    made,
)

DATA_TYPES = ("STRING", "LONG", "BOOLEAN", "INTEGER", "DOUBLE", "LIST", "MAP", "RELATIONSHIP")
_FLAGS = ("isRequiredInEntity", "isExternalId", "isStoredExternally", "isTimeSeries")
_BUILT_IN_PREFIX = "com.amazon."
_STATES = ("ACTIVE", "SNOOZE_DISABLED", "ACKNOWLEDGED", "NORMAL")
_MOST_DEPTH = 10

BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "com.amazon.iottwinmaker.alarm.basic": {
        "propertyDefinitions": {
            "alarm_key": {"dataType": {"type": "STRING"}, "isExternalId": True, "isRequiredInEntity": True},
            "alarm_status": {
                "dataType": {"type": "STRING", "allowedValues": [{"stringValue": each} for each in _STATES]},
                "isStoredExternally": True,
                "isTimeSeries": True,
            },
        },
        "functions": {"dataReader": {}},
    },
    "com.amazon.iottwinmaker.documents": {
        "propertyDefinitions": {"documents": {"dataType": {"type": "MAP", "nestedType": {"type": "STRING"}}}}
    },
    "com.amazon.iottwinmaker.parameters": {
        "propertyDefinitions": {"parameters": {"dataType": {"type": "MAP", "nestedType": {"type": "STRING"}}}}
    },
}


def definition(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A property's definition that stands alone, checked, with every flag: the Grafana plugin reads them unchecked."""
    named(name, "propertyName")
    kind = (said.get("dataType") or {}).get("type")
    if kind not in DATA_TYPES:
        raise invalid(f"property {name!r} has the data type {kind!r}; there is {', '.join(DATA_TYPES)}")
    flags = {flag: bool(said.get(flag, False)) for flag in _FLAGS}
    return {**said, **flags, "isImported": False, "isFinal": False, "isInherited": False}


def raw_type(service: Service, workspace: str, name: str) -> Mapping[str, Any]:
    """A type as it was declared. Raises ServiceError where it is not there."""
    built_in = BUILT_IN.get(name)
    if built_in is not None:
        return {
            "workspaceId": workspace,
            "componentTypeId": name,
            "creationDateTime": 0,
            "updateDateTime": 0,
            **built_in,
        }
    found = service.find(TYPES, workspace, name)
    if found is None:
        raise missing(f"component type {name!r} in workspace {workspace!r}")
    return found


def definitions_of(service: Service, workspace: str, name: str, depth: int = 0) -> dict[str, dict[str, Any]]:
    """All property definitions of a type: inherited ones, then its own over them."""
    declared = raw_type(service, workspace, name)
    found: dict[str, dict[str, Any]] = {}
    for above in _above(declared, depth):
        for key, each in definitions_of(service, workspace, above, depth + 1).items():
            found[key] = {**each, "isInherited": True}
    for key, each in declared.get("propertyDefinitions", {}).items():
        found[key] = {**found[key], **each} if key in found else definition(key, each)
    return found


def functions_of(service: Service, workspace: str, name: str, depth: int = 0) -> dict[str, dict[str, Any]]:
    """All functions of a type: inherited ones, then its own over them."""
    declared = raw_type(service, workspace, name)
    found: dict[str, dict[str, Any]] = {}
    for above in _above(declared, depth):
        found |= {
            key: {**each, "isInherited": True}
            for key, each in functions_of(service, workspace, above, depth + 1).items()
        }
    own = declared.get("functions", {})
    return found | {key: {**found.get(key, {}), **each, "isInherited": False} for key, each in own.items()}


def is_abstract(functions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a type names a function that nothing implements, so that no component may be of it."""
    return any(not each.get("implementedBy") for each in functions.values())


def _above(declared: Mapping[str, Any], depth: int) -> list[str]:
    if depth > _MOST_DEPTH:
        raise invalid(f"component type {declared['componentTypeId']!r} extends itself")
    return list(declared.get("extendsFrom") or ())


# --- operations ------------------------------------------------------------------------------------------------------

_KEPT = ("isSingleton", "extendsFrom", "functions", "propertyGroups")


def _said(asked: Arguments) -> dict[str, Any]:
    refuse(asked, "compositeComponentTypes")
    definitions = mapping(asked, "propertyDefinitions")
    return {
        **optional(asked, "description", "componentTypeName"),
        **taken(asked, *_KEPT),
        **({"propertyDefinitions": definitions} if "propertyDefinitions" in asked else {}),
    }


def _check(service: Service, workspace: str, name: str) -> None:
    """Hold a stored type to what it extends. Raises ServiceError."""
    definitions_of(service, workspace, name)
    functions_of(service, workspace, name)


def _keep(service: Service, workspace: str, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    with service.documents.lock:
        before = service.find(TYPES, workspace, name)
        kept = service.put(TYPES, workspace, name, {**document, "componentTypeId": name})
        try:
            _check(service, workspace, name)
        except Exception:
            if before is None:
                service.documents.delete(TYPES, f"{workspace} {name}")
            else:
                service.documents.put(TYPES, f"{workspace} {name}", before)
            raise
        return kept


def _create(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "componentTypeId")
    if name.startswith(_BUILT_IN_PREFIX):
        raise invalid(f"component type {name!r}: {_BUILT_IN_PREFIX} is the service's own")
    service.refuse_second(TYPES, workspace, name)
    document = _keep(service, workspace, name, _said(asked))
    service.tag(arn(workspace, TYPES, name), asked.get("tags") or {})
    return made(document, arn(workspace, TYPES, name), state="CREATING")


def _update(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "componentTypeId")
    before = service.get(TYPES, workspace, name)
    _keep(service, workspace, name, {**before, **_said(asked)})
    answer = {"workspaceId": workspace, "componentTypeId": name}
    return {**answer, "arn": arn(workspace, TYPES, name), "state": "UPDATING"}


def _get(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "componentTypeId")
    declared, functions = raw_type(service, workspace, name), functions_of(service, workspace, name)
    groups = declared.get("propertyGroups", {})
    return {
        **_summary(workspace, declared),
        "workspaceId": workspace,
        "isSingleton": bool(declared.get("isSingleton", False)),
        "extendsFrom": list(declared.get("extendsFrom") or ()),
        "functions": functions,
        "propertyDefinitions": definitions_of(service, workspace, name),
        "isAbstract": is_abstract(functions),
        "isSchemaInitialized": False,
        "propertyGroups": {key: {**each, "isInherited": False} for key, each in groups.items()},
    }


def _delete(service: Service, asked: Arguments) -> Answer:
    workspace, name = service.workspace(asked), required(asked, "componentTypeId")
    service.get(TYPES, workspace, name)
    for each in service.all(TYPES, workspace):
        if name in (each.get("extendsFrom") or ()):
            raise invalid(f"component type {name!r} is extended by {each['componentTypeId']!r}")
    for each in service.all(ENTITIES, workspace):
        if any(one["componentTypeId"] == name for one in each["components"].values()):
            raise invalid(f"component type {name!r} is used by entity {each['entityId']!r}")
    service.remove(TYPES, workspace, name)
    return {"state": "DELETING"}


def _list(service: Service, asked: Arguments) -> Answer:
    workspace = service.workspace(asked)
    wanted = filters(asked, "extendsFrom", "namespace", "isAbstract")
    stored = service.all(TYPES, workspace)
    found = [*stored, *(raw_type(service, workspace, each) for each in BUILT_IN)]
    rows, token = page(
        [_summary(workspace, each) for each in found if _matches(service, workspace, each, wanted)], asked
    )
    return {"workspaceId": workspace, "componentTypeSummaries": rows, **token}


def _matches(service: Service, workspace: str, declared: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    name = str(declared["componentTypeId"])
    return (
        wanted.get("extendsFrom") in (None, *(declared.get("extendsFrom") or ()))
        and name.startswith(wanted.get("namespace", ""))
        and wanted.get("isAbstract") in (None, is_abstract(functions_of(service, workspace, name)))
    )


def _summary(workspace: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    name = declared["componentTypeId"]
    return {
        "arn": arn(workspace, TYPES, name),
        **taken(declared, "componentTypeId", "description", "componentTypeName", "creationDateTime", "updateDateTime"),
        "status": ACTIVE,
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateComponentType": _create,
    "GetComponentType": _get,
    "UpdateComponentType": _update,
    "DeleteComponentType": _delete,
    "ListComponentTypes": _list,
}
