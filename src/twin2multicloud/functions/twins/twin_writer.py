"""Twin-writer (L4): the endpoint that takes readings from another cloud and writes latest values to the twin service.

Holds them to their types first: the sender may run another version of the project."""

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.declared_types import DeclaredTypes, TypedWriter
from twin2multicloud.functions.endpoint import WriterEndpoint
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.twins.graph_writer import graph_writer
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """HTTP -> the twin service."""
    types = DeclaredTypes(parts.ports.catalog, parts.reporter, parts.ports.clock)
    writer = TypedWriter(graph_writer(parts), types)
    endpoint = WriterEndpoint(tokens=parts.tokens, layer=Slot.L4, writer=writer, clock=parts.ports.clock)
    return parts.function({Trigger.HTTP: endpoint})
