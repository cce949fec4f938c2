"""Where a device gateway of ours hands over what a device published: the way to the dispatcher."""

from typing import Protocol


class DeviceIngress(Protocol):
    """L1's own queue of publishes."""

    def take(self, device_id: str, payload: bytes) -> None:
        """Take one publish as it came; what its bytes say, the dispatcher finds out.

        Accepted means durable by the time the caller's own answer leaves its cloud. Raises RetryableError.
        """
        ...
