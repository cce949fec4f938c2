"""A twin service that holds models and twins of its own: what a project has to bring it, after it was deployed."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class TwinPublisher(Protocol):
    """The twin service of one deployed twin. `exported` is the twin in the format of its cloud (`models`)."""

    def missing(self, exported: Mapping[str, Any]) -> int:
        """How many requests `publish` would make; 0 where the service has all of it.

        Raises RetryableError, ConfigurationError.
        """
        ...

    def publish(self, exported: Mapping[str, Any], done: Callable[[], None]) -> int:
        """Make all of them, calling `done` after each; how many there were. Values that were measured stay.

        May be done again at any time. Raises TwinError with what the service said where it refuses one.
        """
        ...

    def withdraw(self, done: Callable[[], None]) -> int:
        """Empty the service, calling `done` after each request, where it cannot be deleted otherwise; how many.

        Raises TwinError.
        """
        ...
