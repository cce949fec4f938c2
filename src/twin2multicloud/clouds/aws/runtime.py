"""From a wired function to what Lambda starts: one handler, whatever starts it. Owns which trigger an event is for."""

from typing import Any

from twin2multicloud.clouds.aws.entrypoint import HANDLERS, Event, Handler
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.triggers import Function


def expose(function: Function) -> Handler:
    """The Lambda handler of a function. Raises ConfigurationError for one without trigger.

    A function with one trigger never looks at its event: a device may publish whatever it likes, and its payload is
    the event. A reader has two, its URL and TwinMaker's direct call; what comes by the URL, Lambda itself wraps. A
    mover has its schedule, whose input says so, and the operator's direct call.
    """
    handlers = {trigger: HANDLERS[trigger](function) for trigger in function.handlers}
    if handlers.keys() == {Trigger.HTTP, Trigger.CALL}:
        return _by_url_or_call(handlers[Trigger.HTTP], handlers[Trigger.CALL])
    if handlers.keys() == {Trigger.SCHEDULE, Trigger.CALL}:
        return _by_schedule_or_call(handlers[Trigger.SCHEDULE], handlers[Trigger.CALL])
    if len(handlers) != 1:
        two = "calls and HTTP or a schedule"
        raise ConfigurationError(f"{function.name} must have one trigger, or {two}; it has {len(handlers)}")
    return next(iter(handlers.values()))


def _by_url_or_call(by_url: Handler, by_call: Handler) -> Handler:
    def handler(event: Event, context: object) -> Any:  # noqa: ANN401 - what either answers
        came_by_url = "requestContext" in event and "rawPath" in event
        return by_url(event, context) if came_by_url else by_call(event, context)

    return handler


def _by_schedule_or_call(by_schedule: Handler, by_call: Handler) -> Handler:
    def handler(event: Event, context: object) -> Any:  # noqa: ANN401 - what either answers
        return by_schedule(event, context) if event.get("scheduled") else by_call(event, context)

    return handler
