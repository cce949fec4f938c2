"""Device credentials on this machine: a private folder each. Owns their names; never overwrites a key."""

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.device_connection import Connection
from twin2multicloud.ports.device_registry import DeviceCredentials
from twin2multicloud.project.json_files import OWNER_ONLY, write_atomically
from twin2multicloud.project.state_folder import StateFolder

CONNECTION = "connection.json"
_PLAIN = re.compile(r"[a-z0-9_-][a-z0-9_.-]*")


def folder_name(device_id: str) -> str:
    """A device's folder: its id, where every file system takes that and tells it from other ids; else made safe.

    Some refuse colons, and some do not distinguish ``A`` from ``a``: eight digits after a ``~`` do.
    """
    if _PLAIN.fullmatch(device_id):
        return device_id
    safe = re.sub(r"[^a-z0-9_-]", "-", device_id.lower())
    return f"{safe[:128]}~{hashlib.sha256(device_id.encode()).hexdigest()[:8]}"


class DeviceFiles:
    """The folders of a project's devices, under one root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, device_id: str) -> Path:
        """Where a device's files are, or would be."""
        return self.root / folder_name(device_id)

    def has(self, device_id: str) -> bool:
        """Whether there are files of a device."""
        return (self.folder(device_id) / CONNECTION).is_file()

    def prepare(self) -> None:
        """Create the root. Called before credentials are issued, so that an OSError loses none."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, credentials: DeviceCredentials, connection: Connection) -> Path:
        """Write a device's credentials atomically; renames previous ones. Returns its folder."""
        folder = self.folder(credentials.device_id)
        new = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        content = msgspec.json.format(msgspec.json.encode(connection)).decode() + "\n"
        for name, text in {**credentials.files, CONNECTION: content}.items():
            write_atomically(new / name, text, mode=OWNER_ONLY)
        if folder.exists():
            folder.rename(self._aside(folder))
        new.rename(folder)
        return folder

    def remove(self, device_ids: Iterable[str]) -> None:
        """Remove the credentials of devices. Previous, renamed ones stay."""
        for each in device_ids:
            shutil.rmtree(self.folder(each), ignore_errors=True)

    def forget(self, cloud: Cloud) -> None:
        """Remove the credentials of all devices on a cloud where they are no longer registered."""
        for path in list(self.root.glob(f"*/{CONNECTION}")):
            if _cloud_of(path) == cloud:
                shutil.rmtree(path.parent)

    @staticmethod
    def _aside(folder: Path) -> Path:
        """The first free name for previous credentials."""
        number = 1
        while (aside := folder.with_name(f"{folder.name}~old-{number}")).exists():
            number += 1
        return aside


def files_of(project: Path) -> DeviceFiles:
    """Where a project keeps the credentials of devices that are registered with its deployed twin."""
    return DeviceFiles(StateFolder(project).device_credentials)


def _cloud_of(connection: Path) -> Cloud | None:
    """The cloud that a folder's credentials are for; None for an invalid file."""
    try:
        return msgspec.json.decode(connection.read_bytes(), type=Connection).cloud
    except msgspec.DecodeError:
        return None
