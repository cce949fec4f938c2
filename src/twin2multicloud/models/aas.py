"""Asset Administration Shell 3.1 (IDTA 01001), as JSON: a shell per entity, a submodel per component.

The hierarchy, devices and units stand in qualifiers, since the metamodel has none of them; names that an ``idShort``
does not take stand there too. Nothing is lost.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from twin2multicloud.domain.device import DataType, Scalar
from twin2multicloud.domain.twin_graph import IS_PART_OF, PropertyModel
from twin2multicloud.models.description import DescribedComponent, DescribedEntity, DescribedType, Description

_VALUE_TYPES = {
    DataType.STRING: "xs:string",
    DataType.DOUBLE: "xs:double",
    DataType.INTEGER: "xs:int",
    DataType.LONG: "xs:long",
    DataType.BOOLEAN: "xs:boolean",
}
_TYPES = {value: each for each, value in _VALUE_TYPES.items()}
_FREE = re.compile("[A-Za-z][A-Za-z0-9_-]*[A-Za-z0-9_]")


def id_short(name: str) -> str:
    """A name as an ``idShort`` takes it: at least two characters of letters, digits, _ and -, a letter first."""
    if _FREE.fullmatch(name) and not name.startswith("x_"):
        return name
    return "x_" + "".join(each if each.isascii() and each.isalnum() else f"_{ord(each):x}_" for each in name) + "_x"


def urn(*steps: str) -> str:
    """An id: ``urn:t2mc:<twin>:…``."""
    return ":".join(("urn:t2mc", *(quote(each, safe="") for each in steps)))


def write(description: Description) -> dict[str, Any]:
    """The environment."""
    types = {each.name: each for each in description.types}
    document = {
        "assetAdministrationShells": [_shell(each, description) for each in description.entities],
        "submodels": [_submodel(each, types[each.type], description.twin) for each in description.components],
    }
    return {key: each for key, each in document.items() if each}  # a list must not be empty


def read(document: Mapping[str, Any]) -> Description:
    """The description in such an environment. Raises KeyError, ValueError for one that is none of ours."""
    shells, submodels = document.get("assetAdministrationShells", ()), document.get("submodels", ())
    types = {_type_of(each): each for each in submodels}
    return Description(
        twin=_steps(shells[0]["id"])[0] if shells else "",
        types=tuple(
            DescribedType(name=name, properties=tuple(map(_read_property, each["submodelElements"])))
            for name, each in types.items()
        ),
        entities=tuple(
            DescribedEntity(
                id=_steps(each["id"])[2],
                name=each["displayName"][0]["text"],
                parent=_qualified(each["extensions"], IS_PART_OF) if each.get("extensions") else None,
            )
            for each in shells
        ),
        components=tuple(
            DescribedComponent(
                entity=_steps(each["id"])[2],
                name=_steps(each["id"])[3],
                type=_type_of(each),
                device=_qualified(each["qualifiers"], "device") or "",
            )
            for each in submodels
        ),
    )


def _shell(entity: DescribedEntity, description: Description) -> dict[str, Any]:
    twin = description.twin
    identifier = urn(twin, "entity", entity.id)
    references = [
        {"type": "ModelReference", "keys": [{"type": "Submodel", "value": _submodel_id(each, twin)}]}
        for each in description.of(entity.id)
    ]
    above = [{"name": IS_PART_OF, "valueType": "xs:string", "value": entity.parent}]
    return {
        "modelType": "AssetAdministrationShell",
        "id": identifier,
        "idShort": id_short(entity.id),
        "displayName": [{"language": "en", "text": entity.name}],
        "assetInformation": {"assetKind": "Instance", "globalAssetId": urn(twin, "asset", entity.id)},
        **({"extensions": above} if entity.parent is not None else {}),
        **({"submodels": references} if references else {}),
    }


def _submodel_id(component: DescribedComponent, twin: str) -> str:
    return urn(twin, "component", component.entity, component.name)


def _submodel(component: DescribedComponent, described: DescribedType, twin: str) -> dict[str, Any]:
    return {
        "modelType": "Submodel",
        "id": _submodel_id(component, twin),
        "idShort": id_short(component.name),
        "semanticId": {
            "type": "ExternalReference",
            "keys": [{"type": "GlobalReference", "value": urn(twin, "type", described.name)}],
        },
        "qualifiers": [_qualifier("device", component.device)],
        "submodelElements": [_property(each) for each in described.properties],
    }


def _property(each: PropertyModel) -> dict[str, Any]:
    said = [_qualifier("name", each.name)]
    if each.unit:
        said.append(_qualifier("unit", each.unit))
    value = each.constant if each.constant is not None else each.initial
    said.append(_qualifier("kind", "constant" if each.constant is not None else "measured"))
    return {
        "modelType": "Property",
        "idShort": id_short(each.name),
        "valueType": _VALUE_TYPES[each.data_type],
        **({"value": _lexical(value)} if value is not None else {}),
        "qualifiers": said,
    }


def _read_property(each: Mapping[str, Any]) -> PropertyModel:
    data_type, said = _TYPES[each["valueType"]], each["qualifiers"]
    value = _value(each["value"], data_type) if "value" in each else None
    constant = _qualified(said, "kind") == "constant"
    return PropertyModel(
        name=_qualified(said, "name") or each["idShort"],
        data_type=data_type,
        unit=_qualified(said, "unit") or "",
        initial=None if constant else value,
        constant=value if constant else None,
    )


def _lexical(value: Scalar) -> str:
    """A value as XML Schema writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(text: str, data_type: DataType) -> Scalar:
    match data_type:
        case DataType.DOUBLE:
            return float(text)
        case DataType.INTEGER | DataType.LONG:
            return int(text)
        case DataType.BOOLEAN:
            return text == "true"
        case _:
            return text


def _qualifier(kind: str, value: str) -> dict[str, Any]:
    return {"type": kind, "valueType": "xs:string", "value": value}


def _qualified(said: list[Mapping[str, Any]], kind: str) -> str | None:
    return next((str(each["value"]) for each in said if each.get("type", each.get("name")) == kind), None)


def _type_of(submodel: Mapping[str, Any]) -> str:
    return _steps(submodel["semanticId"]["keys"][0]["value"])[2]


def _steps(identifier: str) -> list[str]:
    return [unquote(each) for each in identifier.split(":")[2:]]
