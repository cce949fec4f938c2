"""The names in a project's device file. Owns their look-up; checks nothing itself.

Works over a file with flaws: what may exist is assumed to exist, so that one flaw is reported once.
"""

from collections.abc import Iterator
from functools import cached_property

from twin2multicloud.domain.device import DataType, DeviceGroup
from twin2multicloud.project.places import Json

Tree = dict[str, Json]
"""A file after the walk: known keys only, each None, empty or sound."""


class Inventory:
    """The names in a device file, by what they name."""

    def __init__(self, tree: Tree) -> None:
        self.types: dict[str, Tree] = tree.get("types", {})
        self._entries: list[tuple[int, Tree]] = list(enumerate(tree.get("devices", ())))

    def devices(self) -> Iterator[tuple[int, Tree]]:
        """The named devices, each with its index in the file; inline ones have `properties`."""
        return ((index, each) for index, each in self._entries if "id" in each)

    def group_entries(self) -> Iterator[tuple[int, Tree]]:
        """The device groups, each with its index in the file."""
        return ((index, each) for index, each in self._entries if "id" not in each and each)

    @cached_property
    def by_id(self) -> dict[str, Tree]:
        """The named devices by id; of two with one id the first."""
        return {each["id"]: each for _, each in reversed([*self.devices()]) if each["id"] is not None}

    @cached_property
    def by_group(self) -> dict[str, Tree]:
        """The device groups by name; of two with one name the first."""
        return {each["name"]: each for _, each in reversed([*self.group_entries()]) if each.get("name") is not None}

    @cached_property
    def groups(self) -> tuple[tuple[int, DeviceGroup], ...]:
        """The sound groups as the domain's noun, each with its index in the file."""
        sound = (
            (index, each)
            for index, each in self.group_entries()
            if all(each.get(key) is not None for key in ("name", "type", "count", "id_pattern"))
        )
        return tuple((index, DeviceGroup(**each)) for index, each in sound)

    def has_device(self, device_id: str) -> bool:
        """Whether there is such a device, by name or in a group. A group with a flaw may have any."""
        if device_id in self.by_id or any(device_id in group for _, group in self.groups):
            return True
        return len(self.groups) < sum(1 for _ in self.group_entries())

    def device_names(self) -> Iterator[str]:
        """Ids to suggest: those of named devices, and the first and last of each group."""
        yield from self.by_id
        for _, group in self.groups:
            yield from (group.id_pattern.format(n=n) for n in (1, group.count))

    def properties_of(self, *, device: str | None, group: str | None) -> dict[str, DataType | None] | None:
        """The properties of a device or of a group's devices, with their types. None where that cannot be said."""
        entry = self.by_id.get(device) if device is not None else self.by_group.get(group or "")
        if entry is None and device is not None:
            entry = next(({"type": each.type} for _, each in self.groups if device in each), None)
        if entry is None:
            return None
        holder = entry if "properties" in entry else self.types.get(entry.get("type") or "")
        return None if holder is None else data_types(holder)


def data_types(holder: Tree) -> dict[str, DataType | None]:
    """The properties of a type or an inline device by name; the type is None where it is flawed."""
    found = ((each.get("name"), each.get("data_type")) for each in holder.get("properties", ()))
    return {name: None if word is None else DataType(word) for name, word in found if name is not None}
