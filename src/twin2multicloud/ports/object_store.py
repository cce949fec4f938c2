"""The object store of a cold or archive slot: objects that are written once, never changed, and found by prefix."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.errors import FinalError


class StoredObject(msgspec.Struct, frozen=True):
    """One object: its name, its size in bytes, and whether it has to be restored before it can be read."""

    name: str
    size: int
    archived: bool = False


class ArchivedError(FinalError):
    """An object that is in an archive class, and has to be restored before it can be read."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is archived and has to be restored first", 409)
        self.name = name


class ObjectStore(Protocol):
    """A bucket or container. All methods raise RetryableError, and ConfigurationError where it may not be used."""

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        """Write an object, whose MD5 the store verifies; durable on return.

        `readable`: it is read at once, whatever class the store keeps its objects in.

        Does nothing where the same object is there. Raises FinalError (409) where another one has its name.
        """
        ...

    def read(self, name: str) -> bytes:
        """An object's bytes. Raises FinalError (404) where there is none, ArchivedError."""
        ...

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        """The first objects of a prefix with names after `after`, in the order of their names (code points).

        Fewer than `limit` only where there are no more. What was created before is there.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete an object; does nothing where there is none. It is gone for good on return."""
        ...

    def take(self, name: str, bucket: str) -> None:
        """Copy an object from another bucket of the same cloud, without a download, into this one's storage class.

        As `create` where the object is here already. Raises FinalError (404) where the other has none.
        """
        ...

    def restore(self, name: str) -> str:
        """Ask for an archived object; returns when it can be read (canonical stamp), now where it can be already."""
        ...
