"""The error topic on AWS: an EventBridge bus. Publishing an error event never makes a function fail."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ErrorEvent, RetryableError, TwinError
from twin2multicloud.hosting.error_events import DETAIL_TYPE, SOURCE, dropped


class EventBridge(Protocol):
    """What is used of boto3's ``events`` client."""

    def put_events(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102


class EventBridgeErrorSink:
    """An `ErrorSink` on one bus, by name or ARN. What it does not take is logged."""

    def __init__(self, client: Callable[[], EventBridge], bus: str, log: Callable[[str], None]) -> None:
        self._client, self._bus, self._log = client, bus, log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        try:
            self._put(event)
        except TwinError as error:
            self._log(dropped(event, error))

    def _put(self, event: ErrorEvent) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "EventBusName": self._bus,
            "Detail": msgspec.json.encode(event).decode(),
        }
        with domain_errors(f"error topic {self._bus}"):
            answer = self._client().put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            failed = answer["Entries"][0]
            raise RetryableError(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")
