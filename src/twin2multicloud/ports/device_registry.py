"""The devices that may connect, and their credentials: the operator's side of L1. No function needs it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec


class DeviceCredentials(msgspec.Struct, frozen=True):
    """Credentials of one device: texts by file name. They are given once; no cloud returns a key again."""

    device_id: str
    files: Mapping[str, str]

    def __repr__(self) -> str:
        """Without the texts, since it may end up in a log."""
        return f"DeviceCredentials({self.device_id!r}, {sorted(self.files)})"


class DeviceRegistry(Protocol):
    """The devices of one twin on L1's cloud.

    All methods raise RetryableError, and ConfigurationError where the operator may not do this; some devices may be
    done by then, and the same call again does the rest.
    """

    def register(self, device_ids: Iterable[str]) -> Iterable[DeviceCredentials]:
        """Let devices connect, each as itself only; gives the credentials of those that could not before.

        They come as they are made: keep each before asking for the next, so that a failure on the way loses none of
        those before it. All of them count once the last was asked for. A device that is registered keeps what it has
        and is not among them. Raises FinalError for an id that the cloud cannot have, before anything is changed.
        """
        ...

    def registered(self) -> Iterator[str]:
        """The ids of this twin's devices that may connect, in no order."""
        ...

    def remove(self, device_ids: Iterable[str]) -> None:
        """Revoke the credentials of devices and remove the devices; ignores unregistered ones."""
        ...
