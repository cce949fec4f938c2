"""The twin service of one emulated cloud: as its functions write it, in its process, and as the operator reads it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError
from twin2multicloud.emulator.l4.digital_twins_graph import DigitalTwinsGraph
from twin2multicloud.emulator.l4.digital_twins_patch import METADATA
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.twin_graph import ChangedError, Measured, TwinGraph, TwinState


class LocalTwinGraph:
    """A `TwinGraph`."""

    def __init__(self, graph: DigitalTwinsGraph) -> None:
        self._graph = graph

    def state(self, twin_id: str) -> TwinState:
        """See `ports.twin_graph.TwinGraph.state`."""
        try:
            twin = self._graph.twin(twin_id)
        except ServiceError as error:
            raise FinalError(str(error), error.status) from error
        times = {
            name: canonical(each["sourceTime"])
            for name, each in twin[METADATA].items()
            if isinstance(each, Mapping) and "sourceTime" in each
        }
        values = {name: value for name, value in twin.items() if isinstance(value, str | int | float)}
        return TwinState(twin["$etag"], {name: values[name] for name in values if not name.startswith("$")}, times)

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:
        """See `ports.twin_graph.TwinGraph.update`."""
        operations = [{"op": "add", "path": f"/{name}", "value": each.value} for name, each in values.items()]
        operations += [
            {"op": "replace", "path": f"/{METADATA}/{name}/sourceTime", "value": each.time}
            for name, each in values.items()
        ]
        try:
            return self._graph.patch_twin(twin_id, operations, version)
        except ServiceError as error:
            if error.code == "PreconditionFailed":
                raise ChangedError(f"{twin_id}: {error}") from error
            raise FinalError(f"{twin_id}: {error}", error.status) from error


def read_for_operator(graph: TwinGraph, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The native call behind `EmulatedTwinGraph`. Raises what `TwinGraph.state` does."""
    state: Mapping[str, Any] = msgspec.to_builtins(graph.state(str(arguments["twin"])))
    return state


class EmulatedTwinGraph:
    """A `TwinGraph` that only reads, over the cloud's own interface."""

    def __init__(self, functions: Invocation) -> None:
        self._functions = functions

    def state(self, twin_id: str) -> TwinState:
        """See `ports.twin_graph.TwinGraph.state`."""
        return msgspec.convert(self._functions.call(Kind.TWIN_SERVICE.value, {"twin": twin_id}), TwinState)

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:  # noqa: ARG002 - see below
        """Refuse to write: functions do."""
        raise FinalError(f"{twin_id}: {len(values)} properties are not the operator's to write")
