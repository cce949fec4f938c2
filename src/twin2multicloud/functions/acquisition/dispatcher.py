"""Dispatcher (L1): normalises readings and invokes the processor by name. Cannot tell a processor from a connector."""

from collections.abc import Iterator, Sequence

from twin2multicloud.domain.errors import Severity
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Telemetry, normalise
from twin2multicloud.functions.queueing import queue_each
from twin2multicloud.functions.readings import RawReading
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.wire.envelope import new_trace_id


class Dispatcher:
    """Takes what devices publish. What is no telemetry is reported with its content and goes no further."""

    def __init__(self, *, invoker: Invoker, queue: str, reporter: Reporter, clock: Clock, chance: Chance) -> None:
        self._invoker, self._queue, self._reporter = invoker, queue, reporter
        self._clock, self._chance = clock, chance

    def __call__(self, readings: Sequence[RawReading]) -> int:
        """Dispatch readings as one batch; returns how many went no further, each reported. Raises RetryableError."""
        now = self._clock.now()
        messages: list[Telemetry] = []
        invalid = 0
        for reading in readings:
            for payload in _each(reading.payload):
                try:
                    messages.append(normalise(payload, now=reading.received_at or now, device_id=reading.device_id))
                except InvalidTelemetryError as error:
                    invalid += 1
                    self._reporter.report(Severity.WARNING, "invalid-telemetry", str(error), raw=payload)
        return invalid + (self._hand_on(messages) if messages else 0)

    def _hand_on(self, messages: Sequence[Telemetry]) -> int:
        """Queue readings; one that the queue will never take must not bring the whole batch back for ever."""
        refused = queue_each(self._invoker, self._queue, messages, new_trace_id(self._chance))
        for each in refused:
            self._reporter.report(Severity.CRITICAL, "reading-too-large", each.error, raw=messages[each.index])
        return len(refused)


def _each(payload: object) -> Iterator[object]:
    if isinstance(payload, list):
        yield from payload
    else:
        yield payload
