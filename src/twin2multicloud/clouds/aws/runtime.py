"""From a wired function to what Lambda starts: one handler, whatever starts it. Owns which trigger an event is for."""

from typing import Any

from twin2multicloud.clouds.aws import entrypoint
from twin2multicloud.clouds.aws.entrypoint import Event, Handler
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.triggers import Function


def expose(function: Function) -> Handler:
    """The Lambda handler of a function. Raises ConfigurationError for one that nothing starts.

    A function with one trigger never looks at its event: a device may publish whatever it likes, and its payload is
    the event. Only a reader has two, its URL and TwinMaker's direct call; what comes by the URL, Lambda itself wraps.
    """
    if function.on_device is not None:
        return entrypoint.on_device(function)
    if function.on_queue is not None:
        return entrypoint.on_queue(function)
    if function.on_schedule is not None:
        return entrypoint.on_schedule(function)
    if function.on_http is None and function.on_call is None:
        raise ConfigurationError(f"nothing starts {function.name}")
    if function.on_http is None:
        return entrypoint.on_call(function)
    if function.on_call is None:
        return entrypoint.on_http(function)
    return _by_url_or_call(entrypoint.on_http(function), entrypoint.on_call(function))


def _by_url_or_call(by_url: Handler, by_call: Handler) -> Handler:
    def handler(event: Event, context: object) -> Any:  # noqa: ANN401 - what either answers
        came_by_url = "requestContext" in event and "rawPath" in event
        return by_url(event, context) if came_by_url else by_call(event, context)

    return handler
