"""The payloads and topics of device types: checks within the device file and against L1's cloud, and the domain's form.

Owns what goes with which preset, and the changes of the project's time zone; the shape of each key is `documents`'.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations
from zoneinfo import ZoneInfo

import msgspec

from twin2multicloud.domain.device_topics import ANY, DEVICE, overlap
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.planning.services import services_of
from twin2multicloud.project.inventory import Inventory, Tree
from twin2multicloud.project.placement_file import provider_key
from twin2multicloud.project.places import Json, Place, Problem, did_you_mean, quoted

_FLAT = "flat"
_ONLY_WITH = {
    "each": "mapping",
    "time": "mapping",
    "values": "mapping",
    "columns": "csv-line",
    "delimiter": "csv-line",
    "gateway": "thingsboard",
}
_NO_PROPERTY = ("time", "-")  # of columns
_OURS = "dt/+/+/telemetry"
_YEARS = range(2000, 2101)  # of a time zone's changes: for what is older, or newer, the nearest offset holds


def payload_of(tree: Json, time_zone: str) -> Payload | None:
    """The payload that a sound tree says; None for flat telemetry."""
    if tree is None or tree == _FLAT:
        return None
    written: Tree = {"preset": tree} if isinstance(tree, str) else {"preset": "mapping", **tree}
    paths = {
        name: {"path": path} if isinstance(path, str) else path for name, path in written.get("properties", {}).items()
    }
    changes = offset_changes(time_zone) if written["preset"] == "tasmota" else ()
    return msgspec.convert({**written, "properties": paths, "local_time": changes}, Payload)


@cache
def offset_changes(time_zone: str) -> tuple[tuple[int, int], ...]:
    """When a zone's offset from UTC changes (UTC seconds), and to what (s); first the offset that held before."""
    zone = ZoneInfo(time_zone)

    def offset(second: int) -> int:
        return int((datetime.fromtimestamp(second, zone).utcoffset() or timedelta(0)).total_seconds())

    day = 86_400
    begin, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (_YEARS.start, _YEARS.stop))
    changes = [(-(1 << 40), offset(begin))]
    for start in range(begin, end, day):
        if offset(start + day) != changes[-1][1]:
            low, high = start, start + day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == changes[-1][1] else (low, middle)
            changes.append((high, offset(high)))
    return tuple(changes)


def check_payloads(inventory: Inventory, providers: Tree, at: Place) -> Iterator[Problem]:
    """What does not fit together in payloads, topics and gateways, and what L1's cloud cannot do."""
    for name, device_type in inventory.types.items():
        if isinstance(device_type.get("payload"), dict | str):
            yield from _check_payload(device_type, at / "types" / name)
    yield from _check_topics(inventory, providers, at)


def _check_payload(holder: Tree, at: Place) -> Iterator[Problem]:
    written, place = holder["payload"], at / "payload"
    tree: Tree = {"preset": written} if isinstance(written, str) else written
    preset = tree.get("preset", "mapping")
    known = {one.get("name"): one for one in holder.get("properties", ()) if one.get("name") is not None}
    for key, owner in _ONLY_WITH.items():
        if key in tree and preset not in (owner, None):
            yield (place / key).problem(quoted(key), f"only with the preset {quoted(owner)}")
    for name in tree.get("properties", {}):
        if name not in known:
            yield (place / "properties" / name).problem(
                quoted(name), "a property of the type", did_you_mean(name, known)
            )
    for index, name in enumerate(tree.get("columns", ())):
        if name is not None and name not in known and name not in _NO_PROPERTY:
            yield (place / "columns" / index).problem(quoted(name), "a property of the type, time or -")
    sent = [name for name, one in known.items() if one.get("constant") is None]
    if preset == "value" and len(sent) != 1:
        yield place.problem('"value"', f"a type with one property that is sent, this one has {len(sent)}")


def _check_topics(inventory: Inventory, providers: Tree, at: Place) -> Iterator[Problem]:
    topics = [
        (topic, at / "types" / name / key / index)
        for name, device_type in inventory.types.items()
        for key in ("topics", "ignored_topics")
        for index, topic in enumerate(device_type.get(key, ()))
        if topic is not None
    ]
    read = [(topic, place) for topic, place in topics if place.steps[2] == "topics"]
    for topic, place in read:
        levels = topic.split("/")
        if levels.count(DEVICE) > 1 or (DEVICE not in levels and levels.count(ANY) > 1):
            yield place.problem(quoted(topic), "one place of the device: {device}, or a single +")
    for topic, place in topics:
        if overlap(topic, _OURS):
            yield place.problem(quoted(topic), f"a topic that does not match {_OURS}, where all devices publish")
    for (one, _), (other, place) in combinations(read, 2):
        if one != other and overlap(one, other):
            yield place.problem(f"{quoted(other)}, which matches topics of {quoted(one)}", "each topic once")
    gateways = [(at / "devices" / index / "gateway") for index, device in inventory.devices() if device.get("gateway")]
    cloud = providers.get(provider_key(Slot.L1))
    services = services_of(Cloud(cloud)) if cloud is not None else None
    if services is not None and not services.topics:
        yield from (place.problem(quoted(topic), "none with L1 there", services.no_topics) for topic, place in topics)
        yield from (place.problem("a gateway", "none with L1 there", _ONE_DEVICE) for place in gateways)


_ONE_DEVICE = "a connection there is one device's: let the gateway open one for each, or place L1 on another cloud"
