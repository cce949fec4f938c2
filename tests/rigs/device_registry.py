"""A device registry that is a dict."""

from collections.abc import Iterable, Iterator

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.device_registry import DeviceCredentials


class RigDeviceRegistry:
    """A `DeviceRegistry`. `keys` holds the key of each device; `failing` is raised at the device of that id."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.failing: dict[str, Exception] = {}
        self._made = 0

    def register(self, device_ids: Iterable[str]) -> Iterator[DeviceCredentials]:
        wanted = list(dict.fromkeys(device_ids))
        for each in wanted:
            if " " in each:
                raise FinalError(f"device {each!r} has a blank, and ids are anything else")
        return self._register(wanted)

    def _register(self, wanted: list[str]) -> Iterator[DeviceCredentials]:
        for each in wanted:
            if each in self.failing:
                raise self.failing[each]
            if each not in self.keys:
                self._made += 1
                self.keys[each] = f"key-{self._made}"
                yield DeviceCredentials(each, {"key.txt": self.keys[each]})

    def registered(self) -> Iterator[str]:
        return iter(list(self.keys))

    def remove(self, device_ids: Iterable[str]) -> None:
        for each in device_ids:
            if each in self.failing:
                raise self.failing[each]
            self.keys.pop(each, None)


class DeviceRegistryRig:
    """What the contract suite needs to know of an adapter.

    `impossible` is an id that this cloud cannot have; `many` is more devices than its calls or pages hold.
    """

    impossible, many = "two words", 230

    def __init__(self) -> None:
        self.registry = RigDeviceRegistry()

    def may_connect(self, credentials: DeviceCredentials) -> bool:
        """Whether the cloud would let in who shows these."""
        return self.registry.keys.get(credentials.device_id) == credentials.files["key.txt"]

    def stranger(self) -> str:
        """The id of a device of another owner, where this cloud can have one beside the twin's."""
        return "stranger"

    def is_there(self, device_id: str) -> bool:
        """Whether the cloud knows a device of that id, whoever's."""
        return device_id == "stranger" or device_id in self.registry.keys
