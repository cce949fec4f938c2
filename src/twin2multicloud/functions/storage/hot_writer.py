"""Hot-writer (L3-hot): the endpoint that takes readings from another cloud and writes the hot store."""

from collections.abc import Sequence

from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Telemetry, is_normal, normalise
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter
from twin2multicloud.wire.envelope import Envelope, is_trace_id
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.receiver import receive


class HotWriter:
    """An HTTP function: 200 means that the hot store has every reading that is not named as failed."""

    def __init__(self, *, tokens: Sequence[str], writer: TelemetryWriter, clock: Clock) -> None:
        self._tokens, self._writer, self._clock = tokens, writer, clock

    def __call__(self, request: Request) -> Response:
        """Answer one POST."""
        return receive(request, expected=self._tokens, layer=Slot.L3_HOT, handle=self._write)

    def _write(self, envelope: Envelope) -> Sequence[ItemError]:
        good, failed = readings_of(envelope, self._clock.now())
        if not good:
            return failed
        places = places_of(len(good), failed)
        missed = self._writer.write_batch(good, envelope.trace_id)
        return [*failed, *(ItemError(places[each.index], each.error, each.final) for each in missed)]


def readings_of(envelope: Envelope, now: str) -> tuple[list[Telemetry], list[ItemError]]:
    """The readings of an envelope in their normal form, and the places of those that are no telemetry."""
    good: list[Telemetry] = []
    failed: list[ItemError] = []
    for index, message in enumerate(envelope.messages):
        try:
            good.append(_reading(message, now))
        except InvalidTelemetryError as error:
            failed.append(ItemError(index, str(error)))
    return good, failed


def _reading(message: Telemetry, now: str) -> Telemetry:
    """A message in its normal form, with the trace of its own if it has one."""
    trace_id = message.get("trace_id")
    if trace_id is None:
        return message if is_normal(message) else normalise(message, now=now)
    if not isinstance(trace_id, str) or not is_trace_id(trace_id):
        return normalise(message, now=now)
    return message if is_normal(message) else {**normalise(message, now=now), "trace_id": trace_id}


def places_of(count: int, failed: Sequence[ItemError]) -> Sequence[int]:
    """Where each good reading stood in the batch."""
    if not failed:
        return range(count)
    gone = {each.index for each in failed}
    return [index for index in range(count + len(gone)) if index not in gone]
