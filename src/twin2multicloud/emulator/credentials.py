"""Device credentials, derived: a device's password is an HMAC of its id, so that 100,000 devices need one key.

Owns the topic's form too, because what a device may publish to follows from who it is.
"""

import hashlib
import hmac

from twin2multicloud.domain.device import DeviceCatalog

GATEWAY = "gateway"
"""The user that may publish for every device of the twin: simulators, replays, and gateways in the field."""


def password(key: str, username: str) -> str:
    """The password of a device, or of the gateway."""
    return hmac.new(key.encode(), username.encode(), hashlib.sha256).hexdigest()[:40]


def telemetry_topic(twin: str, device_id: str) -> str:
    """Where a device publishes: ``dt/<twin>/<device>/telemetry``."""
    return f"dt/{twin}/{device_id}/telemetry"


class DeviceCredentials:
    """The gatekeeper of one twin's devices (see `mqtt.endpoint.Gatekeeper`)."""

    def __init__(self, twin: str, key: str, catalog: DeviceCatalog) -> None:
        self._key, self._catalog = key, catalog
        self._prefix, self._suffix = f"dt/{twin}/", "/telemetry"

    def knows(self, username: str | None, given: str | None) -> bool:
        """Whether a user exists and the password is right, compared in constant time."""
        if not username or given is None:
            return False
        expected = password(self._key, username)
        exists = username == GATEWAY or self._catalog.find(username) is not None
        return hmac.compare_digest(expected.encode(), given.encode()) and exists

    def device_of(self, username: str, topic: str) -> str | None:
        """The device of a topic, if this user may publish there: its own, or any of the twin's for the gateway."""
        if not (topic.startswith(self._prefix) and topic.endswith(self._suffix)):
            return None
        device = topic[len(self._prefix) : -len(self._suffix)]
        if username == device or (username == GATEWAY and self._catalog.find(device) is not None):
            return device
        return None
