"""A reader as a function: accepts native calls, and HTTP where its environment says that it has an endpoint."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.storage.tiers import older_tiers
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.wire.calls import Call, endpoint
from twin2multicloud.wire.environment import optional_env
from twin2multicloud.wire.http import Request, Response

NEXT_TOKEN = "next-token"  # noqa: S105 - a page's, no secret
"""The header that may say where a page starts, for clients that cannot put it into a JSON body (Infinity is one)."""


def reader_function(parts: Parts, make: Callable[..., Call]) -> Function:
    """The function around a reader, made of the stores and the model. Any Grafana may call its endpoint, with the
    token header.
    """
    ports = parts.ports
    reader = make(
        store=parts.store,
        older=older_tiers(parts),
        catalog=ports.catalog,
        hierarchy=ports.hierarchy,
        clock=ports.clock,
    )
    handlers: dict[Trigger, Handler] = {Trigger.CALL: reader}
    if optional_env(parts.env, "HAS_ENDPOINT") is not None:
        handlers[Trigger.HTTP] = endpoint_of(parts.tokens, reader)
    return parts.function(handlers)


def endpoint_of(tokens: Sequence[str], reader: Call) -> Callable[[Request], Response]:
    """A reader behind its URL, for callers with the token; the header `NEXT_TOKEN` goes before the body's."""

    def answer(request: Request) -> Response:
        token = request.headers.get(NEXT_TOKEN)
        return endpoint(tokens, reader if token is None else _from_page(reader, token))(request)

    return answer


def _from_page(reader: Call, token: str) -> Call:
    def read(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        payload = arguments.get("payload")
        if isinstance(payload, Mapping):
            return reader({**arguments, "payload": {**payload, "nextToken": token}})
        return reader({**arguments, "nextToken": token})

    return read
