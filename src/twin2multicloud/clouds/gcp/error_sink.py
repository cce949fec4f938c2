"""The error topic on Google Cloud: a Pub/Sub topic. Publishing an error event never makes a function fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.clouds.gcp.queue import send
from twin2multicloud.domain.errors import ErrorEvent, TwinError
from twin2multicloud.hosting.error_events import dropped

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient


class PubSubErrorSink:
    """An `ErrorSink` on one topic, by its full name. What it does not take is logged."""

    def __init__(self, client: Callable[[], "PublisherClient"], topic: str, log: Callable[[str], None]) -> None:
        self._client, self._topic, self._log = client, topic, log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        try:
            send(self._client(), self._topic, [msgspec.json.encode(event)])
        except TwinError as error:
            self._log(dropped(event, error))
