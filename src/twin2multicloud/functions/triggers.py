"""A cloud function: a name, and a handler for each trigger that starts it. Entrypoints turn native events into `run`.

| trigger  | event                      | result                                                  |
| DEVICE   | `Sequence[RawReading]`     | how many readings went no further                       |
| QUEUE    | `Sequence[bytes or str]`   | the places of records that failed and have to come again |
| HTTP     | `wire.http.Request`        | `wire.http.Response`                                    |
| CALL     | `Mapping[str, Any]`        | `Mapping[str, Any]`                                     |
| SCHEDULE | None                       | None                                                    |
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.calls import refusal
from twin2multicloud.wire.http import json_response
from twin2multicloud.wire.queue_records import QueueRecord, merge

Handler = Callable[[Any], Any]
"""An event in, a result out; see the table above."""

HandleBatch = Callable[[Sequence[Reading], str], None]
"""A batch and its trace id. An exception means: deliver it again."""


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud function, wired."""

    name: str
    reporter: Reporter
    handlers: Mapping[Trigger, Handler]

    def run(self, trigger: Trigger, event: Any = None) -> Any:  # noqa: ANN401 - see the module's table
        """Handle one event. An error that the function does not foresee is reported and raised.

        HTTP raises nothing: errors are answers, an unexpected one is a 500 without details. CALL raises TwinError
        without a report: it is the function's answer. Raises ConfigurationError for a trigger that it does not have.
        """
        handler = self.handlers.get(trigger)
        if handler is None:
            raise ConfigurationError(f"{self.name} has no handler for trigger {trigger}")
        try:
            return handler(event)
        except Exception as error:
            if trigger is Trigger.HTTP and isinstance(error, FinalError | RetryableError):
                return refusal(error)
            if trigger is Trigger.CALL and isinstance(error, TwinError):
                raise
            waited_for = trigger in (Trigger.HTTP, Trigger.CALL)
            self.reporter.failed(ErrorCode.FUNCTION_FAILED if waited_for else ErrorCode.DELIVERY_FAILED, error)
            if trigger is Trigger.HTTP:
                return json_response(500, {"status": "refused", "error": "internal error"})
            raise


class QueueHandler:
    """Handles queued records as one batch; returns the places of those that failed.

    A batch that fails is tried again record by record, so that one poisoned record does not block the others. All
    that failed is one error event.
    """

    def __init__(self, handle: HandleBatch, reporter: Reporter) -> None:
        self._handle, self._reporter = handle, reporter

    def __call__(self, bodies: Sequence[bytes | str]) -> list[int]:
        """Handle records, each encoded. Raises nothing that the batch raised: it is reported."""
        records, invalid = self._decode(bodies)
        failed = self._failures(records)
        if failed:
            place, error = next(iter(failed.items()))
            self._reporter.failed(ErrorCode.DELIVERY_FAILED, error, count=len(failed), trace_id=records[place].trace_id)
        return sorted([*invalid, *failed])

    def _decode(self, bodies: Sequence[bytes | str]) -> tuple[dict[int, QueueRecord], list[int]]:
        records: dict[int, QueueRecord] = {}
        errors: dict[int, str] = {}
        for place, body in enumerate(bodies):
            try:
                records[place] = queue_records.decode(body)
            except FinalError as error:
                errors[place] = str(error)
        if errors:
            place, reason = next(iter(errors.items()))
            self._reporter.report(ErrorCode.INVALID_RECORD, reason, raw=str(bodies[place]), count=len(errors))
        return records, list(errors)

    def _failures(self, records: Mapping[int, QueueRecord]) -> dict[int, Exception]:
        if not records:
            return {}
        error = self._attempt(list(records.values()))
        if error is None:
            return {}
        if len(records) == 1:
            return dict.fromkeys(records, error)
        return {place: error for place, record in records.items() if (error := self._attempt([record])) is not None}

    def _attempt(self, records: Sequence[QueueRecord]) -> Exception | None:
        trace_id, messages = merge(records)
        try:
            self._handle(messages, trace_id)
        except Exception as error:
            return error
        return None
