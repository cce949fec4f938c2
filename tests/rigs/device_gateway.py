"""What a device gateway stands on, in memory: `ports.gatekeeper` and `ports.intake`."""

from collections.abc import Mapping


class RigGatekeeper:
    """Knows devices by their keys; `error` is raised instead while it is set."""

    def __init__(self, twin: str, keys: Mapping[str, str]) -> None:
        self._twin, self._keys = twin, keys
        self.error: Exception | None = None

    def knows(self, username: str | None, password: str | None) -> bool:
        if self.error is not None:
            raise self.error
        return bool(username) and self._keys.get(username or "") == password

    def device_of(self, username: str, topic: str) -> str | None:
        return username if topic == f"dt/{self._twin}/{username}/telemetry" else None


class RigIntake:
    """Keeps what it takes; `error` is raised instead while it is set."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.error: Exception | None = None

    def take(self, device_id: str, payload: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append((device_id, payload))
