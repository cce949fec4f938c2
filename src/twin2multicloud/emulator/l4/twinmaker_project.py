"""The project's workspace in the emulated TwinMaker, by the calls that a deployed one gets; and its groups' members."""

from collections.abc import Iterator, Mapping
from typing import Any

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.domain.twin_graph import TwinModel
from twin2multicloud.emulator.l4.twinmaker_service import ACCOUNT, ENTITIES, TYPES, WORKSPACES, Handler, Service
from twin2multicloud.models import twinmaker as exported
from twin2multicloud.models.description import describe
from twin2multicloud.models.twinmaker_changes import Instance, changes, entity_updates, instance


class ProjectMembers:
    """A `Members`: those of the groups of one twin, in the workspace of its name."""

    def __init__(self, twin: Twin) -> None:
        self.take(twin)

    def take(self, twin: Twin) -> None:
        """Take in another description of the twin."""
        self._twin, self._model = twin.name, TwinModel(twin.hierarchy, twin.catalog)

    def names(self, workspace: str, entity: str) -> Iterator[str]:
        """See `Members.names`."""
        return map(exported.component_name, self._model.members(entity) if workspace == self._twin else ())

    def component(self, workspace: str, entity: str, name: str) -> Mapping[str, Any] | None:
        """See `Members.component`."""
        if workspace != self._twin:
            return None
        found = self._model.component(entity, name) or self._model.component(entity, name.replace("-3A-", ":"))
        if found is None:
            return None
        held = {exported.DEVICE_ID: {"value": {"stringValue": found.device}}}
        return {"componentTypeId": exported.type_id(self._twin, found.type), "properties": held}


def publish(service: Service, twin: Twin, handlers: Mapping[str, Handler]) -> None:
    """Bring the twin's workspace to what its project says; what others made there stays. Raises ServiceError."""
    workspace = {"workspaceId": twin.name}
    if service.documents.get(WORKSPACES, twin.name) is None:
        role = f"arn:aws:iam::{ACCOUNT}:role/{twin.name}-twin-service"
        handlers["CreateWorkspace"](service, {**workspace, "role": role, "s3Location": f"arn:aws:s3:::{twin.name}"})
    wanted = exported.write(describe(twin, members=False), _readers(twin))
    for each in changes(wanted, _there(service, twin.name)):
        if each.name == "UpdateEntity":
            before = handlers["GetEntity"](service, {**each.arguments, **workspace})
            updates = entity_updates(each.arguments, {**before, "components": _stored(service, twin.name, before)})
            for one in updates:
                handlers[each.name](service, {**one, **workspace})
        else:
            handlers[each.name](service, {**each.arguments, **workspace})


def _readers(twin: Twin) -> Mapping[str, str]:
    """The functions that read for the twin's component types: connectors where L3-hot is on another cloud."""
    across = twin.placement[Slot.L3_HOT] != twin.placement[Slot.L4]
    own, remote = (
        (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY),
        (
            Kind.DATA_CONNECTOR,
            Kind.DATA_CONNECTOR_LAST_ENTRY,
        ),
    )
    kinds = remote if across else own
    return {job: kind.value for job, kind in zip(exported.READERS, kinds, strict=True)}


def _stored(service: Service, workspace: str, entity: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = service.get(ENTITIES, workspace, entity["entityId"])["components"]
    return found


def _there(service: Service, workspace: str) -> Instance:
    return instance(service.all(TYPES, workspace), service.all(ENTITIES, workspace))
