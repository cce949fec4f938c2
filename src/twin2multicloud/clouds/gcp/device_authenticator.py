"""Who may publish on Google Cloud: a Firestore document per device, with the fingerprint of its key. Reads only.

Google has no device service, so this does what IoT Core and IoT Hub do on the other clouds.
A fingerprint is one SHA-256: a key has 256 random bits, which cannot be guessed even with a fast hash; a slow one, as
for passwords that people choose, would only make every publish slow.
"""

import hashlib
import hmac
import threading
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.device_topics import TopicRules
from twin2multicloud.ports.clock import Clock
from twin2multicloud.stores.rows import sortable

if TYPE_CHECKING:
    from google.cloud.firestore import Client

COLLECTION = "devices"
FINGERPRINT = "fingerprint"
TIMEOUT = 10.0

KEPT_SECONDS = 300.0
"""How long a key that was right is right without another look: a device that is removed may publish for so long."""

REFUSED_SECONDS = 10.0
"""How long a wrong key, or an unknown device, is refused without another look: one that was just registered may have
to wait for so long, and a flood of wrong keys costs one read of a device in that time."""

_REMEMBERED = 20_000  # devices in one instance, known or not: some 5 MB
_LONGEST = 512  # of an id; nothing that could be registered has more


def fingerprint(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """A device's fingerprint as it was read, empty where there was none, and when."""

    fingerprint: str
    at: float


class FirestoreDeviceAuthenticator:
    """A `DeviceAuthenticator` over the twin's registry. Shared by all threads of an instance."""

    def __init__(
        self,
        client: "Client",
        topics: TopicRules,
        clock: Clock,
        patience: float = PATIENCE,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._client, self._topics, self._clock = client, topics, clock
        self._patience, self._remembered = patience, remembered
        self._seen: dict[str, _Seen] = {}  # the longest remembered first
        self._lock = threading.Lock()

    def knows(self, username: str | None, password: str | None) -> bool:
        """See `ports.device_authenticator.DeviceAuthenticator.knows`. Compared in constant time; a device's existence
        is no secret.

        Raises also ConfigurationError.
        """
        if not username or not password or len(username) > _LONGEST:
            return False
        given, now = fingerprint(password), self._clock.monotonic()
        seen = self._seen.get(username)
        if seen is not None:
            right = hmac.compare_digest(seen.fingerprint, given)
            if now - seen.at < (KEPT_SECONDS if right else REFUSED_SECONDS):
                return right
        return hmac.compare_digest(self._look_up(username, now), given)

    def device_of(self, username: str, topic: str) -> str | None:
        """See `ports.device_authenticator.DeviceAuthenticator.device_of`."""
        return self._topics.device_of(username, topic, self._exists)

    def _exists(self, device_id: str) -> bool:
        """Whether a device that a gateway publishes for is registered; remembered as keys are."""
        now, seen = self._clock.monotonic(), self._seen.get(device_id)
        if seen is not None and now - seen.at < (KEPT_SECONDS if seen.fingerprint else REFUSED_SECONDS):
            return bool(seen.fingerprint)
        return len(device_id) <= _LONGEST and bool(self._look_up(device_id, now))

    def _look_up(self, device_id: str, now: float) -> str:
        found = self._read(device_id)
        self._remember(device_id, _Seen(found, now))
        return found

    def _read(self, device_id: str) -> str:
        document = self._client.collection(COLLECTION).document(sortable(device_id))
        with domain_errors("device registry"):
            found = document.get(retry=patient(self._patience), timeout=TIMEOUT).to_dict()
        return str(found[FINGERPRINT]) if found else ""

    def _remember(self, device_id: str, seen: _Seen) -> None:
        """Evicts the least recently used entry, so that unknown ids cannot flush the cache."""
        with self._lock:
            self._seen.pop(device_id, None)
            if len(self._seen) >= self._remembered:
                del self._seen[next(iter(self._seen))]
            self._seen[device_id] = seen
