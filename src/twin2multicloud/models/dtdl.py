"""Azure Digital Twins: DTDL v3 interfaces, the twins and their relationships.

An entity is a twin of the one interface ``Entity``; a component is a twin of its type's interface that the entity has a
relationship ``hasComponent`` to: which components an entity has is the project's, and an interface would fix it. Units
and initial values are said in ``comment`` (DTDL's own units need an extension that knows few of them); nothing is lost.
Rules: azure/opendigitaltwins-dtdl, DTDL.v3.md.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.device import DataType
from twin2multicloud.domain.dtdl_names import OF_COMPONENT, component_twin, property_name, segment
from twin2multicloud.domain.twin_graph import IS_PART_OF, PropertyModel
from twin2multicloud.models.description import (
    DescribedComponent,
    DescribedEntity,
    DescribedType,
    Description,
    scalar,
)

CONTEXT = "dtmi:dtdl:context;3"
HAS_COMPONENT = "hasComponent"
_SCHEMAS = {
    DataType.STRING: "string",
    DataType.DOUBLE: "double",
    DataType.INTEGER: "integer",
    DataType.LONG: "long",
    DataType.BOOLEAN: "boolean",
}
_TYPES = {schema: each for each, schema in _SCHEMAS.items()}


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What DTDL has no word for, as JSON in a comment. `name` is the project's, where DTDL does not take it."""

    name: str | None = None
    unit: str = ""
    initial: str | float | int | bool | None = None
    constant: str | float | int | bool | None = None


def dtmi(twin: str, name: str) -> str:
    """The id of an interface."""
    return f"dtmi:t2mc:{segment(twin)}:type:{segment(name)};1"


def entity_model(twin: str) -> str:
    """The id of the interface that every entity has."""
    return f"dtmi:t2mc:{segment(twin)}:Entity;1"


def write(description: Description) -> dict[str, Any]:
    """Models, twins and relationships, as their APIs take them, in the order in which they may be sent."""
    twin = description.twin
    components = description.components
    parents = [each for each in description.entities if each.parent is not None]
    return {
        "models": [_entity_interface(description), *(_interface(twin, each) for each in description.types)],
        "twins": [
            *(_entity_twin(each, twin) for each in description.entities),
            *(_component_twin(each, description) for each in components),
        ],
        "relationships": [
            *(_edge(each.id, IS_PART_OF, each.parent or "") for each in parents),
            *(_edge(each.entity, HAS_COMPONENT, component_twin(each.entity, each.name)) for each in components),
        ],
    }


def read(document: Mapping[str, Any]) -> Description:
    """The description in such a document. Raises KeyError, ValueError for one that is none of ours."""
    own, *interfaces = document["models"]
    types = {each["@id"]: _read_interface(each) for each in interfaces}
    twins = {each["$dtId"]: each for each in document["twins"]}
    edges = document["relationships"]
    parents = {each["$sourceId"]: each["$targetId"] for each in edges if each["$relationshipName"] == IS_PART_OF}
    held = [each for each in edges if each["$relationshipName"] == HAS_COMPONENT]
    entities = [each for each in twins.values() if each["$metadata"]["$model"] == own["@id"]]
    return Description(
        twin=own["displayName"],
        types=tuple(types.values()),
        entities=tuple(
            DescribedEntity(id=each["$dtId"], name=each["name"], parent=parents.get(each["$dtId"])) for each in entities
        ),
        components=tuple(
            DescribedComponent(
                entity=each["$sourceId"],
                name=twins[each["$targetId"]]["componentName"],
                type=types[twins[each["$targetId"]]["$metadata"]["$model"]].name,
                device=twins[each["$targetId"]]["deviceId"],
            )
            for each in held
        ),
    )


def _entity_interface(description: Description) -> dict[str, Any]:
    model = entity_model(description.twin)
    return {
        "@context": CONTEXT,
        "@id": model,
        "@type": "Interface",
        "displayName": description.twin,
        "contents": [
            {"@type": "Property", "name": "name", "schema": "string", "writable": True},
            {"@type": "Relationship", "name": IS_PART_OF, "target": model, "maxMultiplicity": 1},
            {"@type": "Relationship", "name": HAS_COMPONENT},
        ],
    }


def _interface(twin: str, described: DescribedType) -> dict[str, Any]:
    plain = [{"@type": "Property", "name": each, "schema": "string", "writable": True} for each in OF_COMPONENT]
    return {
        "@context": CONTEXT,
        "@id": dtmi(twin, described.name),
        "@type": "Interface",
        "displayName": described.name,
        "contents": [*plain, *(_property(each) for each in described.properties)],
    }


def _property(each: PropertyModel) -> dict[str, Any]:
    name = property_name(each.name)
    said = _Said(
        name=each.name if name != each.name else None, unit=each.unit, initial=each.initial, constant=each.constant
    )
    comment = msgspec.json.encode(said).decode()
    return {
        "@type": "Property",
        "name": name,
        "schema": _SCHEMAS[each.data_type],
        "writable": True,
        **({"comment": comment} if comment != "{}" else {}),
    }


def _entity_twin(entity: DescribedEntity, twin: str) -> dict[str, Any]:
    return {"$dtId": entity.id, "$metadata": {"$model": entity_model(twin)}, "name": entity.name}


def _component_twin(component: DescribedComponent, description: Description) -> dict[str, Any]:
    described = next(each for each in description.types if each.name == component.type)
    valued = ((each.name, each.initial if each.constant is None else each.constant) for each in described.properties)
    held = {property_name(name): value for name, value in valued if value is not None}
    return {
        "$dtId": component_twin(component.entity, component.name),
        "$metadata": {"$model": dtmi(description.twin, component.type)},
        "deviceId": component.device,
        "componentName": component.name,
        **held,
    }


def _edge(source: str, name: str, target: str) -> dict[str, Any]:
    return {
        "$relationshipId": f"{name}-{target}",
        "$sourceId": source,
        "$relationshipName": name,
        "$targetId": target,
    }


def _read_interface(each: Mapping[str, Any]) -> DescribedType:
    contents = [one for one in each["contents"] if one["name"] not in OF_COMPONENT]
    return DescribedType(name=each["displayName"], properties=tuple(map(_read_property, contents)))


def _read_property(each: Mapping[str, Any]) -> PropertyModel:
    said = msgspec.json.decode(each.get("comment", "{}"), type=_Said)
    data_type = _TYPES[each["schema"]]
    return PropertyModel(
        name=said.name or each["name"],
        data_type=data_type,
        unit=said.unit,
        initial=scalar(said.initial, data_type),
        constant=scalar(said.constant, data_type),
    )
