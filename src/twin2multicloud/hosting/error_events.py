"""An error event as the clouds' topics carry it, and the log line when publishing fails."""

from twin2multicloud.domain.errors import ErrorEvent

SOURCE = "twin2multicloud"
DETAIL_TYPE = "twin2multicloud.error"
"""The type of the event, on every cloud: what a subscription filters by."""


def dropped(event: ErrorEvent, why: Exception) -> str:
    """One log line with the event that was not published, and the reason."""
    return f"{event.severity} {event.component} {event.error_code}: {event.message} (not reported: {why})"
