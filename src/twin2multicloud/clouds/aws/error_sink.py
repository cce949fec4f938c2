"""The error topic on AWS: an EventBridge bus. Publishing an error event never makes a function fail."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ErrorEvent, RetryableError
from twin2multicloud.hosting.error_events import DETAIL_TYPE, SOURCE, LoggingErrorSink


class EventBridge(Protocol):
    """What is used of boto3's ``events`` client."""

    def put_events(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


def event_bridge_sink(client: Callable[[], EventBridge], bus: str, log: Callable[[str], None]) -> LoggingErrorSink:
    """An `ErrorSink` on one bus, by name or ARN."""

    def publish(event: ErrorEvent) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "EventBusName": bus,
            "Detail": msgspec.json.encode(event).decode(),
        }
        with domain_errors(f"error topic {bus}"):
            answer = client().put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            failed = answer["Entries"][0]
            raise RetryableError(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")

    return LoggingErrorSink(publish, log)
