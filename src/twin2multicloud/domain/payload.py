"""How the messages of a device type are read where they are not flat telemetry. A description; reads no message."""

import msgspec

PRESETS = (
    "csv-line", "mapping", "senml", "shelly", "sparkplug", "tasmota", "thingsboard", "ttn", "value", "zigbee2mqtt",
)  # fmt: skip
"""Names of formats; each is a module of `functions.payloads`, dashes written as underscores."""


class PropertyPath(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a property's value is in a message: what stands at `path`, times `scale`, plus `offset`."""

    path: str
    scale: float = 1.0
    offset: float = 0.0
    optional: bool = False


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The format of a type's messages, a preset and what the project says beside it.

    `each`, `time` and `values` are paths of the preset ``mapping``: a list of records, and in a record its time and the
    object with its values. `columns` and `delimiter` are of ``csv-line``. `gateway`: the messages name other devices.
    `local_time` are the UTC seconds at which the project's time zone changes its offset, with the new offset in s.
    """

    preset: str
    properties: dict[str, PropertyPath] = {}
    each: str = ""
    time: str = ""
    values: str = ""
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    gateway: bool = False
    local_time: tuple[tuple[int, int], ...] = ()
