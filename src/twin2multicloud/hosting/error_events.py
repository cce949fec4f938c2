"""An error event as the clouds' topics carry it, and as a line of the function's log."""

from collections.abc import Callable

from twin2multicloud.domain.errors import ErrorEvent, TwinError

SOURCE = "twin2multicloud"
DETAIL_TYPE = "twin2multicloud.error"
"""The type of the event, on every cloud: what a subscription filters by."""


def logged(event: ErrorEvent) -> str:
    """One log line with the event: nobody may have subscribed to the topic yet."""
    return f"{event.severity} {event.component} {event.error_code}: {event.message}"


def dropped(event: ErrorEvent, why: Exception) -> str:
    """One log line with the event that was not published, and the reason."""
    return f"{logged(event)} (not reported: {why})"


class LoggingErrorSink:
    """An `ErrorSink` over one way to publish. Every event is a line in the log too, taken by the topic or not."""

    def __init__(self, publish: Callable[[ErrorEvent], None], log: Callable[[str], None]) -> None:
        self._publish, self._log = publish, log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        try:
            self._publish(event)
        except TwinError as error:
            self._log(dropped(event, error))
        else:
            self._log(logged(event))
