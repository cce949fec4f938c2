"""A reader as a function: accepts native calls, and HTTP where its environment says that it has an endpoint."""

from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.wire.calls import Call, endpoint
from twin2multicloud.wire.environment import optional_env


def reader_function(parts: Parts, reader: Call) -> Function:
    """The function around a reader. Any Grafana may call its endpoint, with the token header."""
    handlers: dict[Trigger, Handler] = {Trigger.CALL: reader}
    if optional_env(parts.env, "HAS_ENDPOINT") is not None:
        handlers[Trigger.HTTP] = endpoint(parts.tokens, reader)
    return parts.function(handlers)
