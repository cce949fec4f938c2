"""An error event as the clouds' topics carry it, and the line that stands in a log when they do not."""

from twin2multicloud.domain.errors import ErrorEvent

SOURCE = "twin2multicloud"
DETAIL_TYPE = "twin2multicloud.error"
"""The type of the event, on every cloud: what a subscription filters by."""


def dropped(event: ErrorEvent, why: Exception) -> str:
    """One line that says what would have been reported, and why it was not."""
    return f"{event.severity} {event.component} {event.error_code}: {event.message} (not reported: {why})"
