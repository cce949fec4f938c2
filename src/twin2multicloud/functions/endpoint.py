"""An HTTP endpoint over a writer: token, envelope, normal form, a result per message. Independent of the layer."""

from collections.abc import Sequence

from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.readings import from_another_cloud
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter
from twin2multicloud.wire.envelope import Envelope
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.receiver import receive


class WriterEndpoint:
    """Receives readings from another cloud for one layer. 200: the writer has every message that is not in `failed`."""

    def __init__(self, *, tokens: Sequence[str], layer: Slot, writer: TelemetryWriter, clock: Clock) -> None:
        self._tokens, self._layer, self._writer, self._clock = tokens, layer, writer, clock

    def __call__(self, request: Request) -> Response:
        """Answer one POST. Raises FinalError, RetryableError."""
        return receive(request, expected=self._tokens, layer=self._layer, handle=self._write)

    def _write(self, envelope: Envelope) -> Sequence[ItemError]:
        messages = envelope.messages
        readings, failed = from_another_cloud(messages, self._clock.now())
        if not readings:
            return failed
        refused = self._writer.write_batch(readings, envelope.trace_id)
        if not failed:
            return refused
        invalid = {item.index for item in failed}
        places = [place for place in range(len(messages)) if place not in invalid]
        return [*failed, *(ItemError(places[item.index], item.error, item.final) for item in refused)]
