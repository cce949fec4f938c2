"""AWS IoT TwinMaker: the requests of CreateComponentType and CreateEntity, in the order in which they may be sent.

A base type holds the readers and device types extend it, as in aws-samples/aws-iot-twinmaker-samples; the device's id
is the external id. Readers are named by ARNs, which the account of the deployment fills in. Nothing is lost: a constant
is stored in TwinMaker, an initial value is the definition's default. Shapes and limits: botocore's model, 2021-11-29.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.domain.device import DataType, Scalar
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.twin_graph import PropertyModel
from twin2multicloud.models.description import (
    DescribedComponent,
    DescribedEntity,
    DescribedType,
    Description,
    scalar,
)

DEVICE_ID = "deviceId"
ROOT = "$ROOT"
BASE = "device"
READERS = {"dataReader": "hot-reader", "attributePropertyValueReaderByEntity": "hot-reader-last-entry"}
_ARN = "arn:aws:lambda:{region}:{account}:function:{twin}-{function}"
_KEYS = {
    DataType.STRING: "stringValue",
    DataType.DOUBLE: "doubleValue",
    DataType.INTEGER: "integerValue",
    DataType.LONG: "longValue",
    DataType.BOOLEAN: "booleanValue",
}


def type_id(twin: str, name: str) -> str:
    """A component type's id: ``com.t2mc.<twin>.<type>``; the hot reader takes what stands behind the last dot."""
    return f"com.t2mc.{twin}.{name}"


def component_name(name: str) -> str:
    """A component's name as TwinMaker takes it: a member of a group is called as its device, which may have colons."""
    return name.replace(":", "-3A-")


def write(
    description: Description,
    readers: Mapping[str, str] = READERS,
    account: str = "000000000000",
    region: str = "eu-central-1",
) -> dict[str, Any]:
    """The workspace's id, and the requests without it. `readers` are functions by TwinMaker's names of their jobs.

    They are the connectors where L3-hot is on another cloud.
    """
    twin = description.twin
    functions = {
        job: {
            "implementedBy": {"lambda": {"arn": _ARN.format(region=region, account=account, twin=twin, function=each)}}
        }
        for job, each in readers.items()
    }
    base = {
        "componentTypeId": type_id(twin, BASE),
        "description": "what every device has: its id, and who reads its values",
        "propertyDefinitions": {DEVICE_ID: _DEVICE_ID},
        "functions": functions,
    }
    return {
        "workspaceId": twin,
        "componentTypes": [base, *(_type(twin, each) for each in description.types)],
        "entities": [_entity(each, description) for each in description.entities],
    }


def read(document: Mapping[str, Any]) -> Description:
    """The description in such requests. Raises FinalError, KeyError."""
    twin = str(document["workspaceId"])
    base = type_id(twin, BASE)
    types = [each for each in document["componentTypes"] if each["componentTypeId"] != base]
    entities = document["entities"]
    return Description(
        twin=twin,
        types=tuple(_read_type(each) for each in types),
        entities=tuple(
            DescribedEntity(
                id=each["entityId"], name=each["entityName"], parent=_above(each.get("parentEntityId", ROOT))
            )
            for each in entities
        ),
        components=tuple(
            DescribedComponent(
                entity=each["entityId"],
                name=_own_name(name, _device(one)),
                type=one["componentTypeId"].rsplit(".", 1)[-1],
                device=_device(one),
            )
            for each in entities
            for name, one in each.get("components", {}).items()
        ),
    )


_DEVICE_ID = {
    "dataType": {"type": "STRING"},
    "isExternalId": True,
    "isRequiredInEntity": True,
    "isStoredExternally": False,
    "isTimeSeries": False,
}


def _type(twin: str, described: DescribedType) -> dict[str, Any]:
    return {
        "componentTypeId": type_id(twin, described.name),
        "extendsFrom": [type_id(twin, BASE)],
        "propertyDefinitions": {each.name: _definition(each) for each in described.properties},
    }


def _definition(each: PropertyModel) -> dict[str, Any]:
    measured = each.constant is None
    held = each.initial if measured else each.constant
    return {
        "dataType": {"type": each.data_type.value, **({"unitOfMeasure": each.unit} if each.unit else {})},
        "isExternalId": False,
        "isRequiredInEntity": False,
        "isStoredExternally": measured,
        "isTimeSeries": measured,
        **({"defaultValue": {_KEYS[each.data_type]: held}} if held is not None else {}),
    }


def _entity(entity: DescribedEntity, description: Description) -> dict[str, Any]:
    held = description.of(entity.id)
    components = {
        component_name(each.name): {
            "componentTypeId": type_id(description.twin, each.type),
            "properties": {DEVICE_ID: {"value": {"stringValue": each.device}}},
        }
        for each in held
    }
    if len(components) != len(held):
        raise FinalError(f"entity {entity.id!r} has two components whose names differ only in a colon")
    return {
        "entityId": entity.id,
        "entityName": entity.name,
        **({"parentEntityId": entity.parent} if entity.parent is not None else {}),
        **({"components": components} if components else {}),
    }


def _read_type(each: Mapping[str, Any]) -> DescribedType:
    name = each["componentTypeId"].rsplit(".", 1)[-1]
    definitions = {key: value for key, value in each["propertyDefinitions"].items() if key != DEVICE_ID}
    return DescribedType(name=name, properties=tuple(_property(*one) for one in definitions.items()))


def _property(name: str, definition: Mapping[str, Any]) -> PropertyModel:
    try:
        data_type = DataType(definition["dataType"]["type"])
    except ValueError as error:
        raise FinalError(
            f"property {name!r} has type {definition['dataType']['type']!r}, which no device sends"
        ) from error
    held: Scalar | None = scalar(next(iter(definition.get("defaultValue", {}).values()), None), data_type)
    measured = bool(definition["isTimeSeries"])
    return PropertyModel(
        name=name,
        data_type=data_type,
        unit=definition["dataType"].get("unitOfMeasure", ""),
        initial=held if measured else None,
        constant=None if measured else held,
    )


def _device(component: Mapping[str, Any]) -> str:
    return str(component["properties"][DEVICE_ID]["value"]["stringValue"])


def _own_name(name: str, device: str) -> str:
    return device if component_name(device) == name else name


def _above(parent: str) -> str | None:
    return None if parent == ROOT else parent
