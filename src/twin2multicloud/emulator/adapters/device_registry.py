"""The devices of a twin that runs on this machine: all of its catalog may connect, but those that were taken out.

Owns the file of changes; `credentials` reads it in the cloud's process, which so knows at once. Ships nowhere.
"""

import fcntl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.emulator.adapters.device_authenticator import Change, password, read_changes
from twin2multicloud.ports.device_registry import DeviceCredentials
from twin2multicloud.project.json_files import OWNER_ONLY, write_atomically

KEY = "key.txt"
"""The file with a device's key: the password of MQTT and of HTTPS publish, its id being the user."""

_UNTOUCHED = Change()


class LocalDeviceRegistry:
    """A `DeviceRegistry`. Keys are derived (see `credentials`), so they can be returned again."""

    def __init__(self, file: Path, key: str, catalog: DeviceCatalog) -> None:
        self._file, self._key, self._catalog = file, key, catalog

    def register(self, device_ids: Iterable[str]) -> Iterator[DeviceCredentials]:
        """See `ports.device_registry.DeviceRegistry`. FinalError for a device that is not in the twin."""
        wanted = list(dict.fromkeys(device_ids))
        for each in wanted:
            if self._catalog.find(each) is None:
                raise FinalError(f"device {each!r} is not in the twin; add it to config_iot_devices.json")
        return self._register(wanted)

    def registered(self) -> Iterator[str]:
        """See `ports.device_registry.DeviceRegistry`."""
        changes = read_changes(self._file)
        return (each for each in self._catalog.ids() if not changes.get(each, _UNTOUCHED).removed)

    def remove(self, device_ids: Iterable[str]) -> None:
        """See `ports.device_registry.DeviceRegistry`. An open MQTT connection ends with the device's next publish."""
        known = [each for each in device_ids if self._catalog.find(each) is not None]
        self._change(known, lambda change: msgspec.structs.replace(change, removed=True))

    def credentials(self, device_id: str) -> DeviceCredentials:
        """What a registered device signs in with now. Raises FinalError for one that is not registered."""
        change = read_changes(self._file).get(device_id, _UNTOUCHED)
        if change.removed or self._catalog.find(device_id) is None:
            raise FinalError(f"device {device_id!r} is not registered")
        return self._made(device_id, change)

    def _register(self, wanted: Sequence[str]) -> Iterator[DeviceCredentials]:
        changes = read_changes(self._file)
        removed = [each for each in wanted if changes.get(each, _UNTOUCHED).removed]
        for each in removed:
            yield self._made(each, _renewed(changes[each]))
        self._change(removed, lambda change: _renewed(change) if change.removed else change)

    def _made(self, device_id: str, change: Change) -> DeviceCredentials:
        return DeviceCredentials(device_id, {KEY: password(self._key, device_id, change.renewals)})

    def _change(self, device_ids: Sequence[str], how: Callable[[Change], Change]) -> None:
        with _nobody_else_writes(self._file):
            changes = read_changes(self._file)
            changed = {**changes, **{each: how(changes.get(each, _UNTOUCHED)) for each in device_ids}}
            if changed != changes:
                write_atomically(self._file, msgspec.json.encode(changed), mode=OWNER_ONLY)


@contextmanager
def _nobody_else_writes(file: Path) -> Iterator[None]:
    """Held from reading to writing: of two commands at once, the later would undo the earlier. A crash lets it go."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _renewed(change: Change) -> Change:
    """A password that was never used before, so that a revoked one stays revoked."""
    return Change(renewals=change.renewals + 1)
