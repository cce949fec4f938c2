"""From a twin service to a hot reader on another cloud: the request goes on as it came, and so does the answer.

Both are TwinMaker's shapes (docs.aws.amazon.com iot-twinmaker, time-series-data-connectors and
data-connector-interface), which the hot readers speak themselves: nothing is translated here. Paging is the reader's:
its ``nextToken`` passes in both directions. An answer is at most 5 MB (`wire.limits`), and a Lambda may give 6 MB.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.components import Kind, Trigger
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.wire.attempts import tried_again
from twin2multicloud.wire.calls import post, token_header
from twin2multicloud.wire.environment import remote_side
from twin2multicloud.wire.retry import RetryPolicy

PATIENCE = RetryPolicy(first=0.5, retries=2, longest_wait=5.0)
"""A person waits at a dashboard: three attempts, and at most 1.5 s of sleep where no Retry-After asks for more."""


class ReaderRoute(msgspec.Struct, frozen=True):
    """A reader, the variable with its URL, and the type of ``propertyValues`` in its answer."""

    reader: str
    url_variable: str
    values: type


HISTORY = ReaderRoute(Kind.HOT_READER, "REMOTE_READER_URL", list)
LATEST = ReaderRoute(Kind.HOT_READER_LAST_ENTRY, "REMOTE_READER_LAST_ENTRY_URL", dict)


def route(parts: Parts, to: ReaderRoute) -> Function:
    """The function that passes native calls on. Raises ConfigurationError where the reader is on the same cloud.

    There the component type names the reader itself, and the plan has no connector.
    """
    remote = remote_side(parts.env, to.url_variable, "L3_HOT_CLOUD", parts.ports.log)
    if remote is None:
        raise ConfigurationError(f"a data connector needs L3-hot on another cloud; L3_HOT_CLOUD is {parts.cloud} too")
    ports, transport, headers = parts.ports, parts.ports.transport, token_header(remote.token)

    def ask(arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = post(transport, remote.url, headers, to.reader, arguments)
        if not isinstance(answer.get("propertyValues"), to.values):
            raise RetryableError(f"{to.reader}: the endpoint answered without propertyValues")
        return answer

    def call(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return tried_again(lambda: ask(arguments), PATIENCE, ports.clock, ports.chance)

    return parts.function({Trigger.CALL: call})
