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
from twin2multicloud.domain.errors import ConfigurationError, FinalError, OutageError, RetryableError, TwinError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters, Unread
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.calls import refusal
from twin2multicloud.wire.http import json_response
from twin2multicloud.wire.queue_records import QueueRecord, merge

Handler = Callable[[Any], Any]
"""An event in, a result out; see the table above."""


class RawReading(msgspec.Struct, frozen=True):
    """One publish of a device, unparsed: a JSON object, or a list of them from a gateway."""

    body: bytes
    device_id: str | None = None  # from the topic or the connection; wins over what the body says
    received_at: str | None = None  # the cloud's own stamp, for readings without a time


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

    A batch that fails is tried again record by record, so that one poisoned record does not block the others; not in an
    outage. All that failed is one error event.
    """

    def __init__(self, handle: HandleBatch, dead_letters: DeadLetters, reporter: Reporter) -> None:
        self._handle, self._dead_letters, self._reporter = handle, dead_letters, reporter

    def __call__(self, bodies: Sequence[bytes | str]) -> list[int]:
        """Handle records, each encoded. Raises nothing that the batch raised: it is reported.

        What is no record is dead-lettered as it is. Raises RetryableError where that fails.
        """
        records = self._decode(bodies)
        failed = self._failures(records)
        place, error = next(iter(failed.items()), (0, None))
        if error and not isinstance(error, OutageError):
            self._reporter.failed(ErrorCode.DELIVERY_FAILED, error, count=len(failed), trace_id=records[place].trace_id)
        return list(failed)

    def _decode(self, bodies: Sequence[bytes | str]) -> dict[int, QueueRecord]:
        records: dict[int, QueueRecord] = {}
        errors: dict[int, str] = {}
        for place, body in enumerate(bodies):
            try:
                records[place] = queue_records.decode(body)
            except FinalError as error:
                errors[place] = str(error)
        if errors:
            raw = {
                place: body if isinstance(body := bodies[place], bytes) else body.encode(errors="surrogatepass")
                for place in errors
            }
            self._dead_letters.put([DeadLetter(Unread(raw[place]), error) for place, error in errors.items()])
            place, reason = next(iter(errors.items()))
            self._reporter.report(ErrorCode.INVALID_RECORD, reason, raw=raw[place], count=len(errors))
        return records

    def _failures(self, records: Mapping[int, QueueRecord]) -> dict[int, Exception]:
        if not records:
            return {}
        error = self._attempt(list(records.values()))
        if error is None:
            return {}
        if len(records) == 1 or isinstance(error, OutageError):
            return dict.fromkeys(records, error)
        return {place: error for place, record in records.items() if (error := self._attempt([record])) is not None}

    def _attempt(self, records: Sequence[QueueRecord]) -> Exception | None:
        trace_id, messages = merge(records)
        try:
            self._handle(messages, trace_id)
        except Exception as error:
            return error
        return None
