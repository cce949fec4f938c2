"""A device gateway's ports, in memory: `ports.device_authenticator` and `ports.device_ingress`, and their rigs."""

from collections.abc import Mapping

import msgspec

from twin2multicloud.domain.device_topics import TopicRules

TWIN = "house"
"""The twin of every authenticator's rig."""

RULES = TopicRules(TWIN, ("tele/+/SENSOR",), ("stat/#",), frozenset({"bridge"}))
"""Its topics; ``bridge`` publishes for every device."""


class RigAuthenticator:
    """Knows devices by their keys; `error` is raised instead while it is set."""

    def __init__(self, twin: str, keys: Mapping[str, str]) -> None:
        self._twin, self._keys = twin, keys
        self.error: Exception | None = None

    def knows(self, username: str | None, password: str | None) -> bool:
        if self.error is not None:
            raise self.error
        return bool(username and password) and self._keys.get(username or "") == password

    def device_of(self, username: str, topic: str) -> str | None:
        return msgspec.structs.replace(RULES, twin=self._twin).device_of(username, topic, self._keys.__contains__)


class DeviceAuthenticatorRig:
    """An authenticator and its operator: ``sensor-1``, ``sensor-2``, ``room:1``, ``bridge``."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._made = 0
        self.authenticator = RigAuthenticator(TWIN, self._keys)

    def register(self, device_id: str) -> str:
        """Let a device in that is not; its key."""
        self._made += 1
        self._keys[device_id] = f"key-{self._made}"
        return self._keys[device_id]

    def remove(self, device_id: str) -> None:
        self._keys.pop(device_id, None)

    def settle(self) -> None:
        """Time passes, until what was changed is known everywhere."""


class RigIngress:
    """Keeps what it takes; `error` is raised instead while it is set."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.error: Exception | None = None

    def take(self, device_id: str, payload: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append((device_id, payload))


class DeviceIngressRig:
    """An ingress, and what arrived at its other end."""

    def __init__(self) -> None:
        self.ingress = RigIngress()

    def arrived(self) -> list[tuple[str, bytes]]:
        """Device and bytes of each publish, in order."""
        return list(self.ingress.taken)
