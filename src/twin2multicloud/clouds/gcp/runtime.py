"""From a wired function to what functions-framework starts: a target named ``main``, and its signature type."""

from collections.abc import Callable
from typing import Any

from twin2multicloud.clouds.gcp import entrypoint
from twin2multicloud.clouds.gcp.entrypoint import FlaskAnswer, FlaskRequest
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.hosting.native_call import answer_call
from twin2multicloud.wire.http import Request

TARGET = "main"
Target = Callable[..., Any]


def expose(function: Function) -> Target:
    """The function that functions-framework runs. Raises ConfigurationError for one that nothing starts.

    A Cloud Run service has one URL, so a reader with an endpoint is called natively through it too, with the token.
    """
    if function.on_device is not None:
        return _on_event(entrypoint.on_device(function))
    if function.on_queue is not None:
        return _on_event(entrypoint.on_queue(function))
    if function.on_schedule is not None:
        return _on_request(entrypoint.on_schedule(function))
    if function.on_http is not None:
        return _on_request(entrypoint.on_http(function))
    if function.on_call is not None:
        return _on_request(_by_call(function))
    raise ConfigurationError(f"nothing starts {function.name}")


def _by_call(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    def handler(request: FlaskRequest) -> FlaskAnswer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        response = answer_call(function, Request(request.method, request.path, headers, request.get_data()))
        return response.body, response.status, response.headers

    return handler


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
