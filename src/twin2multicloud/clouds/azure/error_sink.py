"""The error topic on Azure: an Event Grid topic that takes CloudEvents. Publishing never makes a function fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.hosting.error_events import DETAIL_TYPE, SOURCE, LoggingErrorSink

if TYPE_CHECKING:
    from azure.eventgrid import EventGridPublisherClient

# Said with each call, because the client (4.22) drops what it is made with; its own would wait for 300 s, ten times.
_OPTIONS: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 10, "retry_total": 1}


def event_grid_sink(client: Callable[[], "EventGridPublisherClient"], log: Callable[[str], None]) -> LoggingErrorSink:
    """An `ErrorSink` on one topic, which its client knows."""

    def publish(event: ErrorEvent) -> None:
        from azure.core.messaging import CloudEvent

        with domain_errors("error topic"):
            client().send(CloudEvent(source=SOURCE, type=DETAIL_TYPE, data=msgspec.to_builtins(event)), **_OPTIONS)

    return LoggingErrorSink(publish, log)
