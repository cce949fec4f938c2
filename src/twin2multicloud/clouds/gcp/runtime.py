"""From a wired function to what functions-framework starts: a target named ``main``, and its signature type."""

from collections.abc import Callable, Mapping
from typing import Any

from twin2multicloud.clouds.gcp import entrypoint
from twin2multicloud.clouds.gcp.entrypoint import FlaskAnswer, FlaskRequest
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.calls import answer

TARGET = "main"
Target = Callable[..., Any]


def expose(function: Function) -> Target:
    """The function that functions-framework runs. Raises ConfigurationError for one without trigger.

    A Cloud Run service has one URL, so a reader with an endpoint is called natively through it too, with the token.
    """
    for trigger, target in _TARGETS.items():
        if trigger in function.handlers:
            return target(function)
    raise ConfigurationError(f"{function.name} has no trigger")


def _by_call(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    call = entrypoint.on_call(function)
    return lambda request: entrypoint.as_answer(answer(call, entrypoint.as_request(request)))


def _on_event(handler: Target) -> Target:
    from functions_framework import cloud_event  # the runtime brings it, and has imported it already

    return _named(cloud_event, handler)


def _on_request(handler: Target) -> Target:
    from functions_framework import http  # see above

    return _named(http, handler)


def _named(register: Callable[[Target], Target], handler: Target) -> Target:
    """The framework knows a signature type by the function's own name, and starts the target of that name."""
    handler.__name__ = TARGET
    return register(handler)


_TARGETS: Mapping[Trigger, Callable[[Function], Target]] = {
    Trigger.DEVICE: lambda function: _on_event(entrypoint.on_device(function)),
    Trigger.QUEUE: lambda function: _on_event(entrypoint.on_queue(function)),
    Trigger.SCHEDULE: lambda function: _on_request(entrypoint.on_schedule(function)),
    Trigger.HTTP: lambda function: _on_request(entrypoint.on_http(function)),
    Trigger.CALL: lambda function: _on_request(_by_call(function)),
}
