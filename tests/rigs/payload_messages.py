"""Messages of real devices through a type's payload, to flat readings as a test compares them."""

import json
from typing import Any

from twin2multicloud.domain.clock_skew import DEFAULT
from twin2multicloud.domain.device import DataType, Device, DeviceCatalog, DeviceType, Property
from twin2multicloud.domain.payload import Payload, PropertyPath
from twin2multicloud.functions.payloads.formats import Formats
from twin2multicloud.functions.readings import Refused, from_device
from twin2multicloud.functions.triggers import RawReading

ARRIVED = "2026-01-15T10:30:00.000Z"
DOUBLE, INTEGER, LONG, TEXT, TRUTH = (
    DataType.DOUBLE,
    DataType.INTEGER,
    DataType.LONG,
    DataType.STRING,
    DataType.BOOLEAN,
)


def read(preset: str, message: object, properties: dict[str, DataType], paths: Any = None, **options: Any) -> list[Any]:
    """The flat readings of one message of device ``dev1``, without their keys but the time; or the reasons."""
    catalog = DeviceCatalog(
        types=(
            DeviceType(
                name="t",
                properties=tuple(Property(name=name, data_type=kind) for name, kind in properties.items()),
                payload=Payload(
                    preset=preset,
                    properties={name: PropertyPath(path=path) for name, path in (paths or {}).items()},
                    **options,
                ),
            ),
            DeviceType(name="flat", properties=(Property(name="temperature", data_type=DOUBLE),)),
        ),
        devices=(Device(id="dev1", type="t"), Device(id="Device-A", type="flat"), Device(id="Device-B", type="flat")),
    )
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    found = from_device(RawReading(body, "dev1", ARRIVED), ARRIVED, DEFAULT, [], Formats(catalog))
    return [each.reason if isinstance(each, Refused) else shown(each.flat) for each in found]


def shown(flat: dict[str, Any]) -> dict[str, Any]:
    named = {"device": flat["device_id"]} if flat["device_id"] != "dev1" else {}
    return {"at": flat["timestamp"], **named} | {
        key: value for key, value in flat.items() if key not in ("device_id", "timestamp", "message_id")
    }
