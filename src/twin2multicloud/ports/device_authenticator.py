"""Authenticates devices at L1 and authorises their topics. The device's side of `ports.device_registry`."""

from typing import Protocol


class DeviceAuthenticator(Protocol):
    """Knows the devices of one twin, and the topics that are theirs."""

    def knows(self, username: str | None, password: str | None) -> bool:
        """Whether a user exists and the password is right. Raises RetryableError if that is not known now."""
        ...

    def device_of(self, username: str, topic: str) -> str | None:
        """The device that a topic belongs to, if this user may publish there; None otherwise, whatever the reason.

        `domain.device_topics.IGNORED` for a topic that is taken and not read. Raises RetryableError as above.
        """
        ...
