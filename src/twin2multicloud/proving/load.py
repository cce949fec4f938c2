"""What clients send: readings of honest devices, and what hostile clients make up. Pure: bytes from numbers."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from twin2multicloud.domain.device import DataType, DeviceCatalog, Property, Scalar
from twin2multicloud.domain.timestamps import from_milliseconds


class Way(StrEnum):
    """How a device publishes."""

    MQTT = "mqtt"
    HTTPS = "https"


class Attack(StrEnum):
    """What a hostile client does."""

    GARBAGE = "bytes that are nothing, over MQTT"
    SPOILT = "a list with one reading that is none, over MQTT"
    REFUSED = "bytes that are nothing, over HTTPS"
    WRONG_KEY = "a publish with a wrong key"
    OTHERS_TOPIC = "a publish to another device's topic"
    TOO_LARGE = "a publish over the limit"
    WRONG_TOKEN = "an envelope with a wrong token"  # noqa: S105 - its name
    UNTYPED = "an envelope that is none"
    IGNORED = "a publish to a topic that the project says is not read"


class Sent(msgspec.Struct, frozen=True):
    """One reading as it was sent."""

    device: str
    stamp: str
    values: Mapping[str, Scalar]

    @property
    def body(self) -> bytes:
        """As its device writes it."""
        return msgspec.json.encode({"timestamp": self.stamp, **self.values})


def honest_devices(catalog: DeviceCatalog, most: int = 20) -> Sequence[str]:
    """The devices that publish flat telemetry with something to measure, the first of them."""
    able = []
    for device in catalog.ids():
        kind = catalog.type_of(device)
        if kind is not None and kind.payload is None and measured(kind.properties):
            able.append(device)
        if len(able) == most:
            break
    return able


def attacks(catalog: DeviceCatalog) -> Sequence[Attack]:
    """What hostile clients can do to a project: not every one says of topics that they are not read."""
    return [each for each in Attack if each is not Attack.IGNORED or catalog.ignored_topics]


def ignored_topic(catalog: DeviceCatalog, device: str) -> str:
    """A topic that the project says is not read."""
    pattern = catalog.ignored_topics[0].replace("{device}", device)
    return "/".join("some" if level in ("+", "#") else level for level in pattern.split("/"))


def measured(properties: Sequence[Property]) -> Sequence[Property]:
    """What a device sends: a constant is never sent."""
    return [each for each in properties if each.constant is None]


def readings(catalog: DeviceCatalog, device: str, number: int, count: int, milliseconds: int) -> list[Sent]:
    """The readings of one publish; no two are the same. Two of them share a time, where no user code changes them."""
    kind = catalog.type_of(device)
    assert kind is not None, device  # noqa: S101 - of `honest_devices`
    properties = measured(kind.properties)
    at_a_time = 2 if catalog.processor_of(device) is None else 1
    made = []
    for place in range(count):
        unique = 1_000 * number + place
        of_this = [each for index, each in enumerate(properties) if (unique + index) % 3 or index == 0]
        values = {each.name: _value(each.data_type, unique) for each in of_this}
        made.append(Sent(device, from_milliseconds(milliseconds + place // at_a_time), values))
    return made


def publish(sent: Sequence[Sent]) -> bytes:
    """The payload of one publish: an object, or a list where there are several."""
    return sent[0].body if len(sent) == 1 else b"[" + b",".join(each.body for each in sent) + b"]"


def garbage(number: int) -> bytes:
    """Bytes that are no telemetry, and that nobody else sends."""
    made = (b"\x00\xff\xfe %d", b'{"temperature": %d', b'"text %d"', b"<xml>%d</xml>", b"\xef\xbb\xbf{} nothing %d")
    return made[number % len(made)] % number


def spoilt(number: int) -> bytes:
    """A reading in a list whose time is none."""
    return b'{"timestamp": "noon of %d", "value": %d}' % (number, number)


def _value(kind: DataType, unique: int) -> Scalar:
    match kind:
        case DataType.DOUBLE:
            return unique + math.pi / 4 if unique % 2 else unique / 8 + 1e-7
        case DataType.INTEGER:
            return unique
        case DataType.LONG:
            return 2**53 + unique
        case DataType.BOOLEAN:
            return unique % 2 == 0
        case DataType.STRING:
            return f"text {unique} – ü\u2028\\"
