"""Handing messages over a boundary: what the other side does not take is dead-lettered here, and reported. Once."""

from collections.abc import Sequence

from twin2multicloud.domain.errors import Severity
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.envelope import traced


class Handover:
    """Passes batches to a writer. Retries are the writer's; an exception means that the batch comes again."""

    error_code = "handover-failed"

    def __init__(self, *, writer: TelemetryWriter, dead_letters: DeadLetters, reporter: Reporter) -> None:
        self._writer, self._dead_letters, self._reporter = writer, dead_letters, reporter

    def __call__(self, messages: Sequence[Telemetry], trace_id: str) -> None:
        """Hand over a batch. Raises RetryableError where neither the writer nor the dead letters take it."""
        failed = self._writer.write_batch(messages, trace_id)
        if not failed:
            return
        self._dead_letters.put([DeadLetter(traced(messages[each.index], trace_id), each.error) for each in failed])
        self._reporter.report(
            Severity.CRITICAL,
            self.error_code,
            f"{len(failed)} of {len(messages)} messages went to the dead letters: {failed[0].error}",
            raw={"trace_id": trace_id},
        )
