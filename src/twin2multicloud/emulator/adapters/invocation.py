"""Native calls on an emulated cloud, as its operator: by the cloud's own interface, or at the endpoint with the token.

Which of the two is the plan's: a function with an endpoint is called there, as by readers on another cloud.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.calls import post
from twin2multicloud.wire.tokens import HEADER

OPERATOR_HEADER = "x-t2mc-operator"


class EmulatedInvocation:
    """An `Invocation`. `url` is the cloud's own; `functions` has the URL of each that is an endpoint, else None."""

    def __init__(
        self, url: str, operator_key: str, token: str, functions: Mapping[str, str | None], transport: Transport
    ) -> None:
        self._url, self._operator_key, self._token = url, operator_key, token
        self._functions, self._transport = functions, transport

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`."""
        if function not in self._functions:
            raise ConfigurationError(f"{function}: no such function on this cloud")
        endpoint = self._functions[function]
        if endpoint is not None:
            return post(self._transport, endpoint, {HEADER: self._token}, function, arguments)
        url = f"{self._url}/_cloud/invoke/{function}"
        return post(self._transport, url, {OPERATOR_HEADER: self._operator_key}, function, arguments)
