"""The request of a hot reader, in either of its two shapes: TwinMaker's, or an envelope. Owns reading both."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.functions.storage.downsampling import Downsampling
from twin2multicloud.ports.hot_store import BEFORE_ALL, HotStore

DEFAULT_RESULTS = 10_000
MAX_RESULTS = 50_000
MAX_PROPERTIES = 100


class ReadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A read in domain terms. `reference` identifies a value's entity or component in the answer, without its name."""

    devices: Sequence[str]
    properties: tuple[str, ...]
    start: str
    end: str
    max_results: int = DEFAULT_RESULTS
    descending: bool = False
    downsampling: Downsampling | None = None
    next_token: str | None = None
    entity_id: str | None = None
    component: str | None = None
    external_id: str = "deviceId"

    def reference(self, device_id: str, name: str) -> dict[str, Any]:
        """TwinMaker's ``entityPropertyReference``: by entity and component, or by external id."""
        if self.entity_id is not None and self.component is not None:
            return {"entityId": self.entity_id, "componentName": self.component, "propertyName": name}
        return {"externalIdProperty": {self.external_id: device_id}, "propertyName": name}


def parse(arguments: Mapping[str, Any], catalog: DeviceCatalog, hierarchy: Hierarchy, now: str) -> ReadRequest:
    """A read from TwinMaker's request, from an envelope's payload, or from the envelope itself.

    Raises FinalError (400) with what is missing or wrong.
    """
    payload = arguments.get("payload")
    if isinstance(payload, Mapping):
        arguments = payload
    _refuse_gaps(arguments)
    external, devices = _devices(arguments, catalog, hierarchy)
    start = _time(arguments, "startTime", "startDateTime") or BEFORE_ALL
    end = _time(arguments, "endTime", "endDateTime") or now
    if start > end:
        raise FinalError(f"startTime {start} is after endTime {end}", 400)
    return ReadRequest(
        devices=devices,
        properties=_properties(arguments),
        start=start,
        end=end,
        max_results=_max_results(arguments),
        descending=_descending(arguments),
        downsampling=Downsampling.asked(arguments),
        next_token=_text(arguments, "nextToken"),
        entity_id=_text(arguments, "entityId"),
        component=_text(arguments, "componentName"),
        external_id=external,
    )


def refuse_unknown(request: ReadRequest, catalog: DeviceCatalog, store: HotStore) -> None:
    """Raise FinalError (404) for a device or property that neither the project nor the store knows.

    An empty answer would look like a device that is silent. A component type names devices of the project.
    """
    if len(request.devices) != 1:
        return
    device_type = catalog.type_of(request.devices[0])
    declared = [each.name for each in device_type.properties] if device_type is not None else []
    device, unknown = request.devices[0], [name for name in request.properties if name not in declared]
    stored = store.measured(device) if unknown else frozenset()  # also of readings that have moved since
    missing = next((name for name in unknown if name not in stored), None)
    if missing is None:
        return
    from twin2multicloud.domain.suggestions import hint  # only now: it imports difflib

    if device_type is None and not stored:
        ids = hint(device, catalog.ids())
        raise FinalError(f"the twin has no device {device!r}, and no reading came from one{ids}", 404)
    raise FinalError(
        f"{device} has no property {missing!r}, and no reading of it has one{hint(missing, declared)}", 404
    )


def _refuse_gaps(arguments: Mapping[str, Any]) -> None:
    for key in ("propertyFilters", "interpolation"):
        if arguments.get(key):
            raise FinalError(f"the hot reader does not support {key}; leave it out and filter the result", 400)


def _devices(arguments: Mapping[str, Any], catalog: DeviceCatalog, hierarchy: Hierarchy) -> tuple[str, Sequence[str]]:
    """The name of the external id and the devices meant, by: id, external id, entity and component, component type."""
    direct = _text(arguments, "iotDeviceId") or _text(arguments, "deviceId")
    if direct is not None:
        return "deviceId", (direct,)
    external = _external_id(arguments)
    if external is not None and external[1] is not None:
        return external[0], (external[1],)
    name = external[0] if external is not None else "deviceId"
    if _text(arguments, "workspaceId") is None:
        raise FinalError("workspaceId is missing; TwinMaker's request has it, one with iotDeviceId needs none", 400)
    entity, component = _text(arguments, "entityId"), _text(arguments, "componentName")
    if entity is not None and component is not None:
        device = _fed_by(entity, component, catalog, hierarchy)
        if device is None:
            raise FinalError(f"no device feeds component {component!r} of entity {entity!r}", 404)
        return name, (device,)
    type_id = _text(arguments, "componentTypeId")
    if type_id is not None:
        return name, catalog.ids_of_type(type_id.rsplit(".", 1)[-1])
    raise FinalError("no device is named; give iotDeviceId, entityId and componentName, or componentTypeId", 400)


def _fed_by(entity: str, component: str, catalog: DeviceCatalog, hierarchy: Hierarchy) -> str | None:
    """The device behind a component: the one it names, or the member of a group that it is named after."""
    groups = hierarchy.groups_of(entity)
    member = any(group.name in groups and component in group for group in catalog.groups)
    return component if member else hierarchy.device_of(entity, component)


def _external_id(arguments: Mapping[str, Any]) -> tuple[str, str | None] | None:
    for name, each in _mapping(arguments, "properties").items():
        if isinstance(each, Mapping) and _mapping(each, "definition").get("isExternalId"):
            return name, _text(_mapping(each, "value"), "stringValue")
    return None


def _mapping(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = arguments.get(name)
    return value if isinstance(value, Mapping) else {}


def _properties(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    names = arguments.get("selectedProperties")
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise FinalError("selectedProperties must be a list of property names", 400)
    if len(names) > MAX_PROPERTIES:
        raise FinalError(f"selectedProperties holds {len(names)} names, the limit is {MAX_PROPERTIES}", 400)
    return tuple(dict.fromkeys(names))


def _time(arguments: Mapping[str, Any], name: str, older: str) -> str | None:
    value = arguments.get(name)
    if value is None:
        value = arguments.get(older)
    if value is None:
        return None
    try:
        return canonical(value)
    except (ValueError, TypeError) as error:
        raise FinalError(f"{name}: {error}", 400) from error


def _max_results(arguments: Mapping[str, Any]) -> int:
    value = arguments.get("maxResults")
    if value is None or value == 0:
        return DEFAULT_RESULTS
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_RESULTS:
        raise FinalError(f"maxResults must be a whole number up to {MAX_RESULTS}, found {str(value)[:40]!r}", 400)
    return value


def _descending(arguments: Mapping[str, Any]) -> bool:
    order = arguments.get("orderByTime") or "ASCENDING"
    if order not in ("ASCENDING", "DESCENDING"):
        raise FinalError(f"orderByTime must be ASCENDING or DESCENDING, found {str(order)[:40]!r}", 400)
    return bool(order == "DESCENDING")


def _text(arguments: Mapping[str, Any], name: str) -> str | None:
    value = arguments.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise FinalError(f"{name} must be a string, found {str(value)[:60]!r}", 400)
    return value
