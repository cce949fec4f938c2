"""Native calls between the functions of one emulated cloud, by deployed name. Starts nothing and owns no process."""

from collections.abc import Callable, Mapping
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError


class LocalCalls:
    """An `Invocation`. `calls` may still grow: functions are wired one after the other."""

    def __init__(self, calls: Mapping[str, Callable[[Any], Any]]) -> None:
        self._calls = calls

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`."""
        start = self._calls.get(function)
        if start is None:
            raise ConfigurationError(f"{function}: no such function takes native calls here")
        answer: dict[str, Any] = start(arguments)
        return answer
