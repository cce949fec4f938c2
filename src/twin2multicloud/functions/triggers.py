"""What can start a function, the same on every cloud. Entrypoints turn native events into these calls and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.errors import FinalError, Severity, TwinError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.functions.readings import RawReading
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.wire import envelope
from twin2multicloud.wire.http import Request, Response, json_response, refused

OnDevice = Callable[[Sequence[RawReading]], int]
"""Devices' publishes -> how many were no telemetry."""
OnQueue = Callable[[Sequence[Telemetry], str], None]
"""A batch and its trace id. An exception means: deliver it again."""
OnHttp = Callable[[Request], Response]
OnCall = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""A native, synchronous call: TwinMaker's, or the operator's."""


OnSchedule = Callable[[], None]
"""What is due now; the function asks its clock. An exception means: the cloud tries again, and there is a next time."""


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud function, wired: its name, and what it does for each trigger that it has."""

    name: str
    reporter: Reporter
    on_device: OnDevice | None = None
    on_queue: OnQueue | None = None
    on_http: OnHttp | None = None
    on_call: OnCall | None = None
    on_schedule: OnSchedule | None = None

    def run_records(self, bodies: Sequence[bytes | str]) -> list[int]:
        """Handle queued records, each an encoded envelope, as one batch; returns the places of those that failed.

        A batch that fails is tried again record by record, so that one poisoned record does not hold up the others.
        """
        failed: list[int] = []
        batches: list[tuple[int, str, list[Telemetry]]] = []
        for index, body in enumerate(bodies):
            try:
                record = envelope.decode(body)
            except FinalError as error:
                self.reporter.report(Severity.CRITICAL, "invalid-record", str(error))
                failed.append(index)
            else:
                batches.append((index, record.trace_id, record.messages))
        if batches and not self._succeeds(batches):
            failed += [each[0] for each in batches if len(batches) == 1 or not self._succeeds([each])]
        return sorted(failed)

    def _succeeds(self, batches: Sequence[tuple[int, str, list[Telemetry]]]) -> bool:
        assert self.on_queue is not None, f"{self.name} is not started by a queue"  # noqa: S101 - a wiring error
        trace_id, messages = envelope.merge([(trace, batch) for _, trace, batch in batches])
        try:
            self.on_queue(messages, trace_id)
        except Exception as error:
            self.reporter.report(Severity.WARNING, "function-failed", f"{type(error).__name__}: {error}")
            return False
        return True

    def run_scheduled(self) -> None:
        """Do what is due. Raises what stopped it, so that the cloud tries again; by then it is reported."""
        assert self.on_schedule is not None, f"{self.name} is not started by a schedule"  # noqa: S101 - a wiring error
        try:
            self.on_schedule()
        except Exception as error:
            self.reporter.report(Severity.WARNING, "function-failed", f"{type(error).__name__}: {error}")
            raise

    def answer(self, request: Request) -> Response:
        """Handle one HTTP request; what the function did not foresee is a 500, so that the sender tries again."""
        if self.on_http is None:
            return refused(404, f"{self.name} has no endpoint")
        try:
            return self.on_http(request)
        except Exception as error:
            self.reporter.report(Severity.CRITICAL, "function-failed", f"{type(error).__name__}: {error}")
            return json_response(500, {"status": "refused", "error": "internal error"})

    def call(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Handle one native call. Raises TwinError, and what the function did not foresee; that is reported too."""
        if self.on_call is None:
            raise TwinError(f"{self.name} takes no native calls")
        try:
            return self.on_call(asked)
        except TwinError:
            raise
        except Exception as error:
            self.reporter.report(Severity.CRITICAL, "function-failed", f"{type(error).__name__}: {error}")
            raise
