"""A native call: one function of one cloud, by name, synchronously. The caller signs in with its own identity."""

from collections.abc import Mapping
from typing import Any, Protocol


class Invocation(Protocol):
    """The functions of a twin on one cloud that take native calls (see `functions.triggers.OnCall`)."""

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function, by its name in the plan (``hot-reader``), and wait for its answer; both are JSON objects.

        A call may be made twice, where it is unknown whether the first arrived: only repeatable functions are called.
        Raises FinalError with the function's own sentence where it refuses what it was asked; RetryableError where it
        may answer later: it said so, failed, was throttled or is not reached; ConfigurationError where there is no such
        function or the caller may not call it. No key or token is ever in an error.
        """
        ...
