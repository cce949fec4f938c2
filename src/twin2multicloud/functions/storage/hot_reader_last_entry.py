"""Last-entry reader (L3-hot): the latest value of each property; TwinMaker's attribute answer, a map by property."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.domain.device import DeviceCatalog, DeviceType
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.functions.storage.reader_function import reader_function
from twin2multicloud.functions.storage.reader_request import MAX_PROPERTIES, parse, refuse_unknown
from twin2multicloud.functions.storage.tiers import Tier, last_over_tiers
from twin2multicloud.functions.storage.typed_values import declared_types, typed
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.hot_store import HotStore


def build(parts: Parts) -> Function:
    """Native call -> the hot store; also HTTP where it has an endpoint."""
    return reader_function(parts, HotReaderLastEntry)


class HotReaderLastEntry:
    """Answers latest values. Constants come from the twin; an initial value holds until one is measured."""

    def __init__(
        self,
        *,
        store: HotStore,
        catalog: DeviceCatalog,
        hierarchy: Hierarchy,
        clock: Clock,
        older: Sequence[Tier] = (),
    ) -> None:
        self._store, self._older = store, older
        self._catalog, self._hierarchy, self._clock = catalog, hierarchy, clock

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The latest values of one device. Raises FinalError (400, 404), RetryableError.

        With ``"undeclared": true`` also of what it measured and its type does not declare, up to 100 properties.
        Each entry has TwinMaker's ``propertyReference`` and ``propertyValue``; to callers other than TwinMaker, which
        knows no more keys than these, also the ``time`` of what a device measured, and beside the entries ``archived``,
        the chunks that have to be restored to be sure that nothing in them is later.
        """
        for_twinmaker = "workspaceId" in arguments
        now = self._clock.now()
        request = parse(arguments, self._catalog, self._hierarchy, now)
        refuse_unknown(request, self._catalog, self._store)
        device_id = next(iter(request.devices), "")
        device_type = self._catalog.type_of(device_id)
        types = declared_types(device_type)
        entries: dict[str, Any] = {}
        names = request.properties
        if arguments.get("undeclared") is True:
            names += tuple(sorted(self._store.measured(device_id) - types.keys() - set(names)))[:MAX_PROPERTIES]
        measured, archived = last_over_tiers(self._store, self._older, device_id, names, now)
        for name in names:
            time, value = measured.get(name) or (None, _described(device_type, name))
            if value is not None:
                entries[name] = {
                    "propertyReference": request.reference(device_id, name),
                    "propertyValue": typed(value, types.get(name)),
                    **({"time": time} if time and not for_twinmaker else {}),
                }
        return {
            **({"archived": archived} if archived and not for_twinmaker else {}),
            "propertyValues": entries,
        }


def _described(device_type: DeviceType | None, name: str) -> Any:  # noqa: ANN401 - a scalar or None
    declared = device_type.property(name) if device_type is not None else None
    if declared is None:
        return None
    return declared.constant if declared.constant is not None else declared.initial
