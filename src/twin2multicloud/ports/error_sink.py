"""Where a function publishes error events: its cloud's error topic."""

from typing import Protocol

from twin2multicloud.domain.errors import ErrorEvent


class ErrorSink(Protocol):
    """The error topic of one cloud. Reporting must never make a function fail."""

    def report(self, event: ErrorEvent) -> None:
        """Publish an error event; what cannot be published is logged and dropped."""
        ...
