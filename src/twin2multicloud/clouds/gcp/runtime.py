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

    A Cloud Run service has one URL, so a reader with an endpoint is called natively through it too, with the token. To
    a mover's URL come its schedule, which Cloud Scheduler says in a header, and the operator's calls.
    """
    for trigger, (signature, handler_of) in _TARGETS.items():
        if trigger in function.handlers:
            import functions_framework  # the runtime brings it, and has imported it already

            handler = handler_of(function)
            handler.__name__ = TARGET  # the framework knows the target, and its signature type, by this
            target: Target = getattr(functions_framework, signature)(handler)
            return target
    raise ConfigurationError(f"{function.name} has no trigger")


def _by_schedule(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    by_schedule = entrypoint.on_schedule(function)
    if Trigger.CALL not in function.handlers:
        return by_schedule
    by_call = _by_call(function)

    def handler(request: FlaskRequest) -> FlaskAnswer:
        scheduled = entrypoint.as_request(request).headers.get("x-cloudscheduler")
        return by_schedule(request) if scheduled else by_call(request)

    return handler


def _by_call(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    call = entrypoint.on_call(function)
    return lambda request: entrypoint.as_answer(answer(call, entrypoint.as_request(request)))


_TARGETS: Mapping[Trigger, tuple[str, Callable[[Function], Target]]] = {
    Trigger.DEVICE: ("cloud_event", entrypoint.on_device),
    Trigger.QUEUE: ("cloud_event", entrypoint.on_queue),
    Trigger.SCHEDULE: ("http", _by_schedule),
    Trigger.HTTP: ("http", entrypoint.on_http),
    Trigger.CALL: ("http", _by_call),
}
"""By preference: the framework's decorator, and what it decorates."""
