"""Where our device gateway queues publishes for the dispatcher."""

from typing import Protocol


class DeviceIngress(Protocol):
    """L1's own queue of publishes."""

    def take(self, device_id: str, payload: bytes) -> None:
        """Queue one publish unparsed; the dispatcher parses it.

        Accepted means durable by the time the caller's own answer leaves its cloud. Raises RetryableError.
        """
        ...
