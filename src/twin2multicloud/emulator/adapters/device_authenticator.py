"""Device credentials, derived: a device's password is an HMAC of its id, so that 100,000 devices need one key.

What was changed since (devices
taken out, passwords renewed) is in a file that `device_registry` writes and this only reads.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import PROBE, DeviceCatalog
from twin2multicloud.domain.device_topics import TopicRules
from twin2multicloud.domain.errors import TwinError

GATEWAY = "$gateway"  # no device has a dollar in its id
"""The user that may publish for every device of the twin: simulators, replays, and gateways in the field."""


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """Changes to a device since its twin came up first."""

    removed: bool = False
    renewals: int = 0  # how often it was registered again: each time with another password


_UNTOUCHED = Change()
_REMEMBERED_USERS = 10_000  # an open connection is checked with each publish: an HMAC would be half of what that costs


class DeviceChanges:
    """The current file of changes: checks its date on each access, and reads it again if that changed."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._seen: tuple[int, int] | None = None
        self._found: Mapping[str, Change] = {}

    def all(self) -> Mapping[str, Change]:
        """Every device with changes, the same object until there are others. Raises TwinError for an invalid file."""
        try:
            state = os.stat(self._path)  # noqa: PTH116 - once per publish: a Path would cost as much again
        except FileNotFoundError:
            if self._seen is not None:
                self._seen, self._found = None, {}
            return self._found
        if (seen := (state.st_mtime_ns, state.st_ino)) != self._seen:
            self._found = read_changes(Path(self._path))
            self._seen = seen
        return self._found


def read_changes(path: Path) -> dict[str, Change]:
    """The changes that a file holds, none where there is no file. Raises TwinError for an invalid one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Change])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise TwinError(f"{path} is not readable ({error}); remove it to reset all devices") from error


def password(key: str, username: str, renewals: int = 0) -> str:
    """The password of a device, or of the gateway."""
    named = f"{username}\n{renewals}" if renewals else username  # no id holds a line break
    return hmac.new(key.encode(), named.encode(), hashlib.sha256).hexdigest()[:40]


class LocalDeviceAuthenticator:
    """The `ports.device_authenticator.DeviceAuthenticator` of one twin on this machine.

    A device that is taken out, or has another password now, is refused from its next sign-in or its next publish on,
    whichever comes first; open connections are checked again.
    """

    def __init__(self, twin: str, key: str, catalog: DeviceCatalog, changes: DeviceChanges) -> None:
        self._twin, self._key, self._changes = twin, key, changes
        self._checked: dict[str, bytes] = {}  # the password of users that exist
        self._checked_under: object = None  # the changes that this holds for
        self.take(catalog)

    def take(self, catalog: DeviceCatalog) -> None:
        """Take in another description of the devices; open connections are held to it from their next publish on."""
        gateways = frozenset({GATEWAY, *catalog.gateways})
        self._topics = TopicRules(self._twin, catalog.topics, catalog.ignored_topics, gateways)
        self._catalog, self._checked_under = catalog, None

    def knows(self, username: str | None, given: str | None) -> bool:
        """See `ports.device_authenticator.DeviceAuthenticator.knows`. Compared in constant time."""
        if not username or given is None:
            return False
        changes = self._changes.all()
        if changes is not self._checked_under or len(self._checked) > _REMEMBERED_USERS:
            self._checked, self._checked_under = {}, changes
        presented = given.encode(errors="surrogatepass")
        checked = self._checked.get(username)
        if checked is not None:
            return hmac.compare_digest(checked, presented)
        change = changes.get(username, _UNTOUCHED)
        expected = password(self._key, username, change.renewals).encode()
        exists = username in (GATEWAY, PROBE) or (not change.removed and self._catalog.find(username) is not None)
        if not hmac.compare_digest(expected, presented) or not exists:
            return False
        self._checked[username] = expected
        return True

    def device_of(self, username: str, topic: str) -> str | None:
        """See `ports.device_authenticator.DeviceAuthenticator.device_of`: its own, or any for a gateway."""
        return self._topics.device_of(username, topic, self._exists)

    def _exists(self, device_id: str) -> bool:
        return self._catalog.find(device_id) is not None
