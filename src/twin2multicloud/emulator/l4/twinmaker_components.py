"""Components of an entity in the emulated TwinMaker: what they hold, and how a request changes them. Keeps nothing."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from twin2multicloud.emulator.l4.documents import Document
from twin2multicloud.emulator.l4.twinmaker_arguments import (
    ServiceError,
    invalid,
    mapping,
    missing,
    named,
    names_of,
    optional,
    refuse,
    required,
)
from twin2multicloud.emulator.l4.twinmaker_service import ENTITIES, Service
from twin2multicloud.emulator.l4.twinmaker_types import definition, definitions_of, functions_of, is_abstract

Component = Mapping[str, Any]
VALUE_KEYS = {
    "STRING": "stringValue",
    "LONG": "longValue",
    "BOOLEAN": "booleanValue",
    "INTEGER": "integerValue",
    "DOUBLE": "doubleValue",
    "LIST": "listValue",
    "MAP": "mapValue",
    "RELATIONSHIP": "relationshipValue",
}
_MOST_COMPONENTS = 1000
"""Of one entity. The service has a quota too, which an account may raise; this one bounds a document."""


# --- reading ---------------------------------------------------------------------------------------------------------


def components_of(service: Service, entity: Document) -> Iterator[tuple[str, Component]]:
    """All components of an entity, by name: those that were made, then the members of a project's groups."""
    workspace, entity_id = entity["workspaceId"], entity["entityId"]
    members = (
        (name, found)
        for name in service.members.names(workspace, entity_id)
        if (found := service.members.component(workspace, entity_id, name)) is not None
    )
    return chain(entity["components"].items(), members)


def component_of(service: Service, workspace: str, entity_id: str, name: str) -> Component:
    """One component. Raises ServiceError where it or the entity is not there."""
    entity = service.get(ENTITIES, workspace, entity_id)
    found = entity["components"].get(name) or service.members.component(workspace, entity_id, name)
    if found is None:
        raise missing(f"component {name!r} of entity {entity_id!r}")
    return dict(found)


def definitions(service: Service, workspace: str, component: Component) -> dict[str, dict[str, Any]]:
    """The definitions of a component's properties: its type's, and those that it adds."""
    found = definitions_of(service, workspace, component["componentTypeId"])
    for name, each in component["properties"].items():
        if (own := each.get("definition")) is not None:
            found[name] = {**found[name], **own} if name in found else definition(name, own)
    return found


def held(component: Component, name: str, defined: Mapping[str, Any]) -> dict[str, Any]:
    """The stored value of a property as ``{"value": …}``: its own, or the default of one that is not measured."""
    own: Mapping[str, Any] = component["properties"].get(name, {})
    value = own.get("value", None if defined["isTimeSeries"] else defined.get("defaultValue"))
    return {} if value is None else {"value": value}


# --- changing --------------------------------------------------------------------------------------------------------


def made_components(service: Service, workspace: str, asked: Mapping[str, Any]) -> dict[str, Component]:
    """The components that a request makes an entity with."""
    return {
        named(name, "componentName"): _made(service, workspace, each)
        for name, each in mapping(asked, "components").items()
    }


def changed_components(
    service: Service, workspace: str, before: Mapping[str, Component], updates: Mapping[str, Any]
) -> dict[str, Component]:
    """Components after a request's updates: each says CREATE, UPDATE or DELETE; without a word it is what fits."""
    after = dict(before)
    for name, update in updates.items():
        named(name, "componentName")
        match update.get("updateType") or ("UPDATE" if name in before else "CREATE"):
            case "CREATE":
                if name in before:
                    raise ServiceError("ConflictException", f"component {name!r} exists already")
                said = {**update, "properties": update.get("propertyUpdates")}
                after[name] = _made(service, workspace, said)
            case "DELETE":
                _there(before, name)
                del after[name]
            case "UPDATE":
                after[name] = _updated(service, workspace, _there(before, name), update)
            case other:
                raise invalid(f"updateType is CREATE, UPDATE or DELETE, found {other!r}")
    return _few(after)


def _there(components: Mapping[str, Component], name: str) -> Component:
    found = components.get(name)
    if found is None:
        raise invalid(f"there is no component {name!r}")
    return found


def _few(components: dict[str, Component]) -> dict[str, Component]:
    if len(components) > _MOST_COMPONENTS:
        raise ServiceError("ServiceQuotaExceededException", f"an entity has at most {_MOST_COMPONENTS} components")
    return components


def _made(service: Service, workspace: str, said: Mapping[str, Any]) -> Component:
    refuse(said, "propertyGroups", "propertyGroupUpdates")
    kind = required(said, "componentTypeId")
    if is_abstract(functions_of(service, workspace, kind)):
        raise invalid(f"component type {kind!r} is abstract: extend it, and name what implements its functions")
    component = {
        "componentTypeId": kind,
        **optional(said, "description"),
        "properties": {name: _property(name, each) for name, each in mapping(said, "properties").items()},
    }
    return _checked(service, workspace, component)


def _updated(service: Service, workspace: str, before: Component, update: Mapping[str, Any]) -> Component:
    refuse(update, "propertyGroupUpdates")
    kind = update.get("componentTypeId", before["componentTypeId"])
    if kind != before["componentTypeId"]:
        raise invalid("the type of a component cannot be changed: delete the component, and create it")
    properties = dict(before["properties"])
    for name, each in mapping(update, "propertyUpdates").items():
        match each.get("updateType") or "UPDATE":
            case "DELETE":
                properties.pop(name, None)
            case "RESET_VALUE":
                properties[name] = {key: one for key, one in properties.get(name, {}).items() if key != "value"}
            case "UPDATE" | "CREATE":
                properties[name] = {**properties.get(name, {}), **_property(name, each)}
            case other:
                raise invalid(f"updateType is UPDATE, DELETE, CREATE or RESET_VALUE, found {other!r}")
    return _checked(service, workspace, {**before, **optional(update, "description"), "properties": properties})


def _property(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    named(name, "propertyName")
    return {key: said[key] for key in ("definition", "value") if said.get(key) is not None}


def _checked(service: Service, workspace: str, component: Component) -> Component:
    """A component whose properties are declared, of their types, and there where they must be."""
    found = definitions(service, workspace, component)
    unknown = component["properties"].keys() - found.keys()
    if unknown:
        raise invalid(f"component type {component['componentTypeId']!r} has no property {names_of(sorted(unknown))}")
    for name, each in found.items():
        value = held(component, name, each).get("value")
        if value is not None:
            check_value(name, value, each["dataType"])
        elif each["isRequiredInEntity"] and not each["isTimeSeries"]:
            raise invalid(f"property {name!r} is required, and has no value")
    return component


def check_value(name: str, value: Any, data_type: Mapping[str, Any]) -> None:  # noqa: ANN401 - what a client sent
    """Hold a value to its data type. Raises ServiceError."""
    wanted = VALUE_KEYS[data_type["type"]]
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in (wanted, "expression"):
        raise invalid(f"property {name!r} is a {data_type['type']}: its value is {{{wanted!r}: …}}, found {value!r}")
    allowed = data_type.get("allowedValues")
    if allowed and wanted in value and value not in allowed:
        raise invalid(f"property {name!r} may not be {value[wanted]!r}")
