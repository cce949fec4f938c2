"""NGSI-LD (ETSI GS CIM 009): an entity per entity and per component, for Orion-LD, Scorpio and Stellio.

Brokers hold instances and no types, so a component carries what its type declares: ``declares`` names each property
with type, unit and initial value. A property that was never measured has no attribute, because NGSI-LD has no null
value. Nothing is lost.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from twin2multicloud.domain.device import DataType
from twin2multicloud.domain.twin_graph import IS_PART_OF, PropertyModel
from twin2multicloud.models.description import (
    DescribedComponent,
    DescribedEntity,
    DescribedType,
    Description,
    scalar,
)

CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
HAS_TYPE = "declares"
_STEPS_OF_ENTITY = 3  # kind, twin, entity; a component has its own name too


def urn(kind: str, *steps: str) -> str:
    """An id: ``urn:ngsi-ld:<kind>:<step>…``, each step quoted, so that colons separate steps only."""
    return ":".join(("urn:ngsi-ld", quote(kind, safe=""), *(quote(each, safe="") for each in steps)))


def write(description: Description) -> list[dict[str, Any]]:
    """The entities, as ``POST /ngsi-ld/v1/entityOperations/upsert`` takes them."""
    types = {each.name: each for each in description.types}
    twin = description.twin
    return [
        *(_entity(each, twin) for each in description.entities),
        *(_component(each, types[each.type], twin) for each in description.components),
    ]


def read(document: list[Mapping[str, Any]]) -> Description:
    """The description in such entities. Raises KeyError, ValueError for entities that are none of ours."""
    entities = [each for each in document if len(_steps(each["id"])) == _STEPS_OF_ENTITY]
    components = [each for each in document if len(_steps(each["id"])) != _STEPS_OF_ENTITY]
    types = {each["type"]: each[HAS_TYPE]["value"] for each in components}
    return Description(
        twin=_steps(document[0]["id"])[1] if document else "",
        types=tuple(
            DescribedType(name=unquote(name), properties=tuple(map(_read_property, declared)))
            for name, declared in types.items()
        ),
        entities=tuple(
            DescribedEntity(
                id=_steps(each["id"])[2],
                name=each["name"]["value"],
                parent=_steps(each[IS_PART_OF]["object"])[2] if IS_PART_OF in each else None,
            )
            for each in entities
        ),
        components=tuple(
            DescribedComponent(
                entity=_steps(each["id"])[2],
                name=_steps(each["id"])[3],
                type=unquote(each["type"]),
                device=each["deviceId"]["value"],
            )
            for each in components
        ),
    )


def _entity(entity: DescribedEntity, twin: str) -> dict[str, Any]:
    above = {"type": "Relationship", "object": urn("TwinEntity", twin, entity.parent or "")}
    return {
        "id": urn("TwinEntity", twin, entity.id),
        "type": "TwinEntity",
        "name": {"type": "Property", "value": entity.name},
        **({IS_PART_OF: above} if entity.parent is not None else {}),
        "@context": CONTEXT,
    }


def _component(component: DescribedComponent, described: DescribedType, twin: str) -> dict[str, Any]:
    held = {each.name: _attribute(each) for each in described.properties if each.constant is not None}
    return {
        **held,  # ours win where a device's property has their name: `declares` holds it anyhow
        "id": urn(component.type, twin, component.entity, component.name),
        "type": quote(component.type, safe=""),
        "deviceId": {"type": "Property", "value": component.device},
        IS_PART_OF: {"type": "Relationship", "object": urn("TwinEntity", twin, component.entity)},
        HAS_TYPE: {"type": "Property", "value": [_declared(each) for each in described.properties]},
        "@context": CONTEXT,
    }


def _attribute(each: PropertyModel) -> dict[str, Any]:
    return {"type": "Property", "value": each.constant, **({"unitCode": each.unit} if each.unit else {})}


def _declared(each: PropertyModel) -> dict[str, Any]:
    said: dict[str, Any] = {"name": each.name, "dataType": each.data_type.value}
    if each.unit:
        said["unit"] = each.unit
    return said | {key: value for key in ("initial", "constant") if (value := getattr(each, key)) is not None}


def _read_property(each: Mapping[str, Any]) -> PropertyModel:
    data_type = DataType(each["dataType"])
    return PropertyModel(
        name=each["name"],
        data_type=data_type,
        unit=each.get("unit", ""),
        initial=scalar(each.get("initial"), data_type),
        constant=scalar(each.get("constant"), data_type),
    )


def _steps(identifier: str) -> list[str]:
    return [unquote(each) for each in identifier.split(":")[2:]]
