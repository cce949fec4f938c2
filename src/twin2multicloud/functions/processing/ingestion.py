"""Ingestion (L2): the endpoint that receives readings from another cloud and queues them for the processor."""

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.endpoint import WriterEndpoint
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.wire.environment import require_env


def build(parts: Parts) -> Function:
    """HTTP -> the processor's queue."""
    writer = parts.queue_writer(require_env(parts.env, "PROCESSOR_QUEUE"))
    endpoint = WriterEndpoint(tokens=parts.tokens, layer=Slot.L2, writer=writer, clock=parts.ports.clock)
    return parts.function({Trigger.HTTP: endpoint})
