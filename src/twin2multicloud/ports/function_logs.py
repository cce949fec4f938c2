"""What the functions of a deployed twin wrote to their logs, for its operator."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a log, at its time (UTC, milliseconds); `id` tells it from a line alike."""

    at: str
    text: str
    id: str


class FunctionLogs(Protocol):
    """The logs of one cloud."""

    def lines(self, function: str, since: str, most: int) -> Sequence[LogLine]:
        """The first lines of a function, by its deployed name, from a time on, oldest first; so many at most.

        Raises RetryableError, ConfigurationError where there is no such log or the caller may not read it.
        """
        ...
