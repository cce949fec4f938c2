"""Ingestion (L2): the endpoint that takes readings from another cloud and invokes the real processor."""

from collections.abc import Sequence

from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.queueing import queue_each
from twin2multicloud.functions.storage.hot_writer import places_of, readings_of
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire.envelope import Envelope
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.receiver import receive


class Ingestion:
    """An HTTP function: 200 means that the processor's queue has the batch."""

    def __init__(self, *, tokens: Sequence[str], invoker: Invoker, queue: str, clock: Clock) -> None:
        self._tokens, self._invoker, self._queue, self._clock = tokens, invoker, queue, clock

    def __call__(self, request: Request) -> Response:
        """Answer one POST."""
        return receive(request, expected=self._tokens, layer=Slot.L2, handle=self._accept)

    def _accept(self, envelope: Envelope) -> Sequence[ItemError]:
        good, failed = readings_of(envelope, self._clock.now())
        if not good:
            return failed
        places = places_of(len(good), failed)
        refused = queue_each(self._invoker, self._queue, good, envelope.trace_id)
        return [*failed, *(ItemError(places[each.index], each.error) for each in refused)]
