"""What all operations of the emulated TwinMaker share: its documents, its clock, its connectors, and its ARNs.

The members of a project's groups are components of their entities without being documents: there may be a hundred
thousand of them, and they change with the project only.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from twin2multicloud.emulator.l4.documents import Document, Documents
from twin2multicloud.emulator.l4.twinmaker_arguments import Answer, Arguments, ServiceError, missing, required

ACCOUNT, REGION = "000000000000", "eu-central-1"
WORKSPACES, TYPES, ENTITIES, SCENES, TAGS, SETTINGS = "workspace", "component-type", "entity", "scene", "tags", "set"
ACTIVE = {"state": "ACTIVE", "error": {}}
ROOT = "$ROOT"
_MOST_TAGS = 50

Connector = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Calls a connector by its function's ARN. Raises TwinError."""


class Members(Protocol):
    """Components that are no documents: those of a project's groups."""

    def names(self, workspace: str, entity: str) -> Iterator[str]:
        """Their names, in order."""
        ...

    def component(self, workspace: str, entity: str, name: str) -> Mapping[str, Any] | None:
        """One of them, as a document's component."""
        ...


class NoMembers:
    """A `Members` without any: where there is no project."""

    def names(self, workspace: str, entity: str) -> Iterator[str]:  # noqa: ARG002 - the interface's
        """See `Members.names`."""
        return iter(())

    def component(self, workspace: str, entity: str, name: str) -> Mapping[str, Any] | None:  # noqa: ARG002 - the interface's
        """See `Members.component`."""
        return None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One emulated account. `now` is in epoch seconds."""

    documents: Documents
    connector: Connector
    now: Callable[[], float]
    members: Members = NoMembers()

    # --- documents -----------------------------------------------------------------------------------------------

    def workspace(self, asked: Arguments) -> str:
        """The workspace of a request, which must be there."""
        name = required(asked, "workspaceId")
        if self.documents.get(WORKSPACES, name) is None:
            raise missing(f"workspace {name!r}")
        return name

    def get(self, kind: str, workspace: str, name: str) -> Document:
        """A document of a workspace. Raises ServiceError where it is not there."""
        found = self.find(kind, workspace, name)
        if found is None:
            raise missing(f"{kind.replace('-', ' ')} {name!r} in workspace {workspace!r}")
        return found

    def find(self, kind: str, workspace: str, name: str) -> Document | None:
        """The same, None where it is not there."""
        return self.documents.get(kind, f"{workspace} {name}")

    def all(self, kind: str, workspace: str) -> list[Document]:
        """All documents of a workspace, in the order in which they were made."""
        return [each for each in self.documents.all(kind) if each["workspaceId"] == workspace]

    def put(self, kind: str, workspace: str, name: str, document: Document) -> Document:
        """Make or replace a document, with its times."""
        now = self.now()
        before = self.find(kind, workspace, name)
        made = now if before is None else before["creationDateTime"]
        kept = {**document, "workspaceId": workspace, "creationDateTime": made, "updateDateTime": now}
        self.documents.put(kind, f"{workspace} {name}", kept)
        return kept

    def remove(self, kind: str, workspace: str, name: str) -> None:
        """Remove a document and its tags."""
        self.get(kind, workspace, name)
        self.documents.delete(kind, f"{workspace} {name}")
        self.documents.delete(TAGS, arn(workspace, kind, name))

    def refuse_second(self, kind: str, workspace: str, name: str) -> None:
        """Refuse to make what is there already."""
        if self.find(kind, workspace, name) is not None:
            raise ServiceError("ConflictException", f"{kind.replace('-', ' ')} {name!r} exists already")

    # --- tags ----------------------------------------------------------------------------------------------------

    def tags(self, resource: str) -> dict[str, str]:
        """The tags of a resource."""
        return dict(self.documents.get(TAGS, resource) or {})

    def tag(self, resource: str, tags: Mapping[str, str]) -> None:
        """Add tags to a resource."""
        if not tags:
            return
        together = {**self.tags(resource), **tags}
        if len(together) > _MOST_TAGS:
            raise ServiceError("TooManyTagsException", f"a resource has at most {_MOST_TAGS} tags")
        self.documents.put(TAGS, resource, together)

    def untag(self, resource: str, keys: list[str]) -> None:
        """Remove tags of a resource."""
        self.documents.put(TAGS, resource, {k: v for k, v in self.tags(resource).items() if k not in keys})


Handler = Callable[[Service, Arguments], Answer]


def arn(workspace: str, kind: str = "", name: str = "") -> str:
    """The ARN of a workspace, or of what is in it."""
    own = f"arn:aws:iottwinmaker:{REGION}:{ACCOUNT}:workspace/{workspace}"
    return f"{own}/{kind}/{name}" if kind and kind != WORKSPACES else own


def times(document: Document) -> dict[str, Any]:
    """When a document was made and changed."""
    return {name: document[name] for name in ("creationDateTime", "updateDateTime")}


def made(document: Document, resource: str, **more: object) -> Answer:
    """What a create operation answers."""
    return {"arn": resource, "creationDateTime": document["creationDateTime"], **more}
