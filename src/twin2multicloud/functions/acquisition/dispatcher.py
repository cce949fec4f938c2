"""Dispatcher (L1): normalises readings and sends them to the processor's name, which may be a connector."""

from collections.abc import Sequence

from twin2multicloud.domain.clock_skew import DEFAULT, ClockSkew, read_policy
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Reading
from twin2multicloud.functions.readings import RawReading, from_device
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.envelope import new_trace_id
from twin2multicloud.wire.environment import optional_env, require_env

_Refused = tuple[int, object, InvalidTelemetryError]
"""Place in the publish, content and reason."""


def build(parts: Parts) -> Function:
    """A device's publish -> the processor's queue."""
    dispatcher = Dispatcher(
        writer=parts.queue_writer(require_env(parts.env, "PROCESSOR_QUEUE")),
        reporter=parts.reporter,
        clock_skew=read_policy(optional_env(parts.env, "CLOCK_SKEW")),
        clock=parts.ports.clock,
        chance=parts.ports.chance,
    )
    return parts.function({Trigger.DEVICE: dispatcher})


_SHOWN = 3  # invalid readings of one publish that its event describes


class Dispatcher:
    """Dispatches publishes of devices. Invalid telemetry is reported with its content and dropped."""

    def __init__(
        self,
        *,
        writer: TelemetryWriter,
        reporter: Reporter,
        clock_skew: ClockSkew = DEFAULT,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._writer, self._reporter, self._clock_skew = writer, reporter, clock_skew
        self._clock, self._chance = clock, chance

    def __call__(self, publishes: Sequence[RawReading]) -> int:
        """Dispatch readings as one batch; returns how many were dropped. Raises RetryableError.

        The invalid readings of one publish are one event: a device cannot flood the error topic.
        """
        now = self._clock.now()
        readings: list[Reading] = []
        invalid = 0
        left_out: list[str] = []
        for publish in publishes:
            refused: list[_Refused] = []
            for place, reading in enumerate(from_device(publish, now, self._clock_skew, left_out)):
                if isinstance(reading, Reading):
                    readings.append(reading)
                else:
                    refused.append((place, *reading))
            if refused:
                invalid += len(refused)
                self._report(refused)
        too_large = self._hand_on(readings) if readings else 0
        if left_out:
            self._reporter.left_out(left_out)
        return invalid + too_large

    def refusal(self, publish: RawReading) -> str | None:
        """Why no reading of a publish would be dispatched, None where one would: for those who can refuse it."""
        reason = None
        for reading in from_device(publish, self._clock.now(), self._clock_skew, []):
            if isinstance(reading, Reading):
                return None
            reason = reason or str(reading[1])
        return reason

    def _report(self, refused: Sequence[_Refused]) -> None:
        """Report the invalid readings of one publish."""
        _, first, error = refused[0]
        message = str(error)
        if len(refused) > 1:
            shown = "; ".join(f"reading {place}: {error}" for place, _, error in refused[:_SHOWN])
            message = f"{len(refused)} readings of one publish are invalid: {shown}{'; …' * (len(refused) > _SHOWN)}"
        self._reporter.report(ErrorCode.INVALID_TELEMETRY, message, raw=first, count=len(refused))

    def _hand_on(self, readings: Sequence[Reading]) -> int:
        """Queue readings; one that is too large for the queue must not make the whole batch be retried for ever."""
        trace_id = new_trace_id(self._chance)
        refused = self._writer.write_batch(readings, trace_id)
        for item in refused:
            self._reporter.report(
                ErrorCode.READING_TOO_LARGE, item.error, raw=readings[item.index].encoded, trace_id=trace_id
            )
        return len(refused)
