"""The emulator's `ErrorSink`: the cloud's journal and its log. Decides on no error."""

import logging
from collections.abc import Callable

import msgspec

from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.hosting.error_events import dropped


class JournalErrorSink:
    """An `ErrorSink` that keeps events in the cloud's journal and says them in its log. `seen` is given each."""

    def __init__(
        self, journal: Journal, log: logging.Logger, seen: Callable[[ErrorEvent], None] = lambda _: None
    ) -> None:
        self._journal, self._log, self._seen = journal, log, seen

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        self._seen(event)
        self._log.warning("%s %s %s: %s", event.severity, event.component, event.error_code, event.message)

        def kept(error: Exception | None) -> None:
            if error is not None:
                self._log.error(dropped(event, error))

        self._journal.report(msgspec.json.encode(event)).when_done(kept)
