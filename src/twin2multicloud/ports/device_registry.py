"""Which devices may connect, and with what: the operator's side of L1. No function needs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec


class DeviceCredentials(msgspec.Struct, frozen=True):
    """What one device signs in with: texts by file name. They are given once, and no cloud tells a key again."""

    device_id: str
    files: Mapping[str, str]

    def __repr__(self) -> str:
        """Never the texts: this may end up in a log."""
        return f"DeviceCredentials({self.device_id!r}, {sorted(self.files)})"


class DeviceRegistry(Protocol):
    """The devices of one twin on L1's cloud.

    All methods raise RetryableError, and ConfigurationError where the operator may not do this; some devices may be
    done by then, and the same call again does the rest.
    """

    def register(self, device_ids: Sequence[str]) -> Sequence[DeviceCredentials]:
        """Let devices connect, each as itself only; returns the credentials of those that could not before.

        A device that is registered keeps what it has, and is not among the returned. Raises FinalError for an id that
        the cloud cannot have, before anything is changed.
        """
        ...

    def registered(self) -> Iterator[str]:
        """The ids of this twin's devices that may connect, in no order."""
        ...

    def remove(self, device_ids: Sequence[str]) -> None:
        """Take the credentials of devices away, and forget them; those that are not registered do not matter."""
        ...
