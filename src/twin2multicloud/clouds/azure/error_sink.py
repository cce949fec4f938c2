"""The error topic on Azure: an Event Grid topic that takes CloudEvents. Publishing never makes a function fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.clouds.error_events import DETAIL_TYPE, SOURCE, dropped
from twin2multicloud.domain.errors import ErrorEvent, TwinError

if TYPE_CHECKING:
    from azure.core.messaging import CloudEvent


class EventGrid(Protocol):
    """What is used of ``azure.eventgrid.EventGridPublisherClient``."""

    def send(self, events: "CloudEvent[Any]") -> None: ...  # noqa: D102


class EventGridErrorSink:
    """An `ErrorSink` on one topic. What it does not take is logged."""

    def __init__(self, client: Callable[[], EventGrid], log: Callable[[str], None]) -> None:
        self._client, self._log = client, log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        try:
            self._send(event)
        except TwinError as error:
            self._log(dropped(event, error))

    def _send(self, event: ErrorEvent) -> None:
        from azure.core.messaging import CloudEvent

        with domain_errors("error topic"):
            self._client().send(CloudEvent(source=SOURCE, type=DETAIL_TYPE, data=msgspec.to_builtins(event)))
