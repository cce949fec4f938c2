"""The error topic on Google Cloud: a Pub/Sub topic. Publishing an error event never makes a function fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.clouds.gcp.queue import send
from twin2multicloud.hosting.error_events import LoggingErrorSink

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient


def pub_sub_sink(client: Callable[[], "PublisherClient"], topic: str, log: Callable[[str], None]) -> LoggingErrorSink:
    """An `ErrorSink` on one topic, by its full name."""
    return LoggingErrorSink(lambda event: send(client(), topic, [msgspec.json.encode(event)]), log)
