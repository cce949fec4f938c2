"""Endpoints that a cloud opens to the network only after they were made."""

from collections.abc import Sequence
from typing import Protocol


class ServiceOpener(Protocol):
    """The endpoints of one deployed twin on one cloud."""

    def closed(self) -> Sequence[str]:
        """The functions whose endpoints still check who calls. Raises RetryableError, ConfigurationError."""
        ...

    def open(self, function: str) -> None:
        """Let anybody reach a function's endpoint; its token guards it. Raises as `closed` does."""
        ...
