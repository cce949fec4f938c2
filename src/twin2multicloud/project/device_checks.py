"""Consistency checks within the device file. Owns these checks; the shape of each part is `documents`'."""

from collections.abc import Iterable, Iterator

from twin2multicloud.domain.device import DataType, SignalKind
from twin2multicloud.domain.telemetry import normalise, values_of
from twin2multicloud.project.id_clashes import shared_id
from twin2multicloud.project.inventory import Inventory, Tree
from twin2multicloud.project.places import Place, Problem, did_you_mean, quoted, repeated, shown

_NUMBERS = (DataType.DOUBLE, DataType.INTEGER, DataType.LONG)
_SUITS = {
    SignalKind.DAILY: _NUMBERS,
    SignalKind.WALK: _NUMBERS,
    SignalKind.COUNTER: _NUMBERS,
    SignalKind.SWITCH: (DataType.BOOLEAN,),
    SignalKind.CHOICE: tuple(DataType),
}
_LONGEST_ID = 128
_SOME_TIME = "2026-01-01T00:00:00.000Z"


def check_devices(inventory: Inventory, processors: Iterable[str], at: Place) -> Iterator[Problem]:
    """Everything that does not fit together in the device file. `processors` are the names in ``processors/``."""
    names = tuple(processors)
    for name, each in inventory.types.items():
        yield from _check_holder(each, names, at / "types" / name)
    for index, each in inventory.devices():
        place = at / "devices" / index
        yield from _check_holder(each, names, place)
        if "properties" in each and each["id"] in inventory.types:
            yield (place / "id").problem(
                f"the id {quoted(each['id'])}, which is also a type's name", "another id for an inline device"
            )
    yield from _check_types(inventory, at)
    yield from _check_ids(inventory, at)
    yield from _check_groups(inventory, at)


def _check_holder(holder: Tree, processors: tuple[str, ...], at: Place) -> Iterator[Problem]:
    """A type or a device: its own processor, its own properties."""
    processor = holder.get("processor")
    if processor is not None and processor not in processors:
        yield (at / "processor").problem(
            quoted(processor), f"a file processors/{processor}.py", did_you_mean(processor, processors)
        )
    properties = [(each, at / "properties" / index) for index, each in enumerate(holder.get("properties", ()))]
    yield from repeated(((each.get("name"), place / "name") for each, place in properties), "each property once")
    for each, place in properties:
        yield from _check_property(each, place)


def _check_property(each: Tree, at: Place) -> Iterator[Problem]:
    name, word = each.get("name"), each.get("data_type")
    if name is not None and is_reserved(name):
        yield (at / "name").problem(f"the reserved name {quoted(name)}", "a name that telemetry has no other use for")
    if word is None:
        return
    data_type = DataType(word)
    for key in ("initial", "constant"):
        value = each.get(key)
        if value is not None and not data_type.admits(value):
            yield (at / key).problem(shown(value), f"a value of type {data_type}")
    if each.get("signal"):
        if each.get("constant") is not None:
            yield (at / "signal").problem("a signal", "none, because a constant is never sent")
        yield from _check_signal(each["signal"], data_type, at / "signal")


def is_reserved(name: str) -> bool:
    """Whether a property cannot be called this. The normal form of telemetry decides: it swallows such a key."""
    return name not in values_of(normalise({"device_id": "any", name: _SOME_TIME}, now=_SOME_TIME).flat)


def _check_signal(signal: Tree, data_type: DataType, at: Place) -> Iterator[Problem]:
    kind = SignalKind(signal.get("kind") or SignalKind.DAILY)
    if data_type not in _SUITS[kind]:
        fitting = ", ".join(each for each in SignalKind if data_type in _SUITS[each])
        yield (at / "kind").problem(f"{kind} for a {data_type}", f"one of {fitting}")
    for index, value in enumerate(signal.get("values", ())):
        if value is not None and not data_type.admits(value):
            yield (at / "values" / index).problem(shown(value), f"a value of type {data_type}")
    least, most = signal.get("minimum"), signal.get("maximum")
    if least is not None and most is not None and least > most:
        yield (at / "maximum").problem(shown(most), f"at least the minimum, {shown(least)}")


def _check_types(inventory: Inventory, at: Place) -> Iterator[Problem]:
    for index, each in (*inventory.devices(), *inventory.group_entries()):
        name = each.get("type")
        if name is not None and name not in inventory.types:
            hint = did_you_mean(name, inventory.types)
            yield (at / "devices" / index / "type").problem(quoted(name), "the name of one of types", hint)


def _check_ids(inventory: Inventory, at: Place) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, each in inventory.devices():
        device_id = each["id"]
        if device_id is None:
            continue
        place = at / "devices" / index / "id"
        if device_id in seen:
            yield place.problem(f"the id {quoted(device_id)} of devices[{seen[device_id]}]", "each id once")
        seen.setdefault(device_id, index)
        for _, group in inventory.groups:
            if device_id in group:
                yield place.problem(f"the id {quoted(device_id)} of group {quoted(group.name)}", "each id once")


def _check_groups(inventory: Inventory, at: Place) -> Iterator[Problem]:
    names = ((each.get("name"), at / "devices" / index / "name") for index, each in inventory.group_entries())
    yield from repeated(names, "each group's name once")
    for number, (index, group) in enumerate(inventory.groups):
        place = at / "devices" / index / "id_pattern"
        last = group.id_pattern.format(n=group.count)
        if len(last) > _LONGEST_ID:
            yield place.problem(f"ids of {len(last)} characters", f"at most {_LONGEST_ID}")
        for _, other in inventory.groups[:number]:
            shared = shared_id(group, other)
            if shared is not None:
                yield place.problem(f"the id {quoted(shared)} of group {quoted(other.name)}", "each id once")
