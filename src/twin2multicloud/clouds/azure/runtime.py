"""From a wired function to what the Functions host starts: a v2 `FunctionApp` with one function. Owns its bindings.

Names of hubs, queues and connections are app settings that the host looks up itself, so that nothing here reads an
environment: ``EVENT_HUB_NAME`` and ``EVENT_HUB_CONNECTION`` (IoT Hub's built-in endpoint), ``QUEUE_NAME`` and
``QUEUE_CONNECTION`` (a storage queue), ``SCHEDULE`` (six fields, seconds first, in UTC).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, List  # noqa: UP035 - the worker's check of annotations knows typing.List only

from twin2multicloud.clouds.azure import entrypoint
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.calls import answer
from twin2multicloud.wire.http import Response

if TYPE_CHECKING:
    from azure.functions import FunctionApp, HttpResponse

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")  # ours refuses; the host would say 404


def expose(function: Function) -> "FunctionApp":
    """The app with this function in it. Raises ConfigurationError for one without trigger.

    An endpoint checks the token itself; a native call arrives as HTTP too, and there the host wants a function key.
    """
    from azure.functions import FunctionApp  # the runtime brings it, and has imported it already

    app = FunctionApp()
    for trigger, bind in _BINDINGS.items():
        if trigger in function.handlers:
            bind(app, function)
            if trigger is Trigger.SCHEDULE and Trigger.CALL in function.handlers:  # a mover: the operator calls it too
                _on_call(app, function)
            return app
    raise ConfigurationError(f"{function.name} has no trigger")


def _on_device(app: "FunctionApp", function: Function) -> None:
    from azure.functions import Cardinality, EventHubEvent

    handler = entrypoint.on_device(function)

    @app.function_name(_identifier(function.name))
    @app.event_hub_message_trigger(
        arg_name="events",
        connection="EVENT_HUB_CONNECTION",
        event_hub_name="%EVENT_HUB_NAME%",
        cardinality=Cardinality.MANY,
    )
    # A checkpoint is written when the policy ends, which would lose the batch: so it never ends.
    @app.retry(
        strategy="exponential_backoff",
        max_retry_count="-1",
        minimum_interval="00:00:01",
        maximum_interval="00:01:00",
    )
    def on_device(events: List[EventHubEvent]) -> None:  # noqa: UP006 - see the import
        handler(events)


def _on_queue(app: "FunctionApp", function: Function) -> None:
    from azure.functions import QueueMessage

    handler = entrypoint.on_queue(function)

    @app.function_name(_identifier(function.name))
    @app.queue_trigger(arg_name="message", queue_name="%QUEUE_NAME%", connection="QUEUE_CONNECTION")
    def on_queue(message: QueueMessage) -> None:
        handler([message])


def _on_schedule(app: "FunctionApp", function: Function) -> None:
    from azure.functions import TimerRequest

    handler = entrypoint.on_schedule(function)

    @app.function_name(f"{_identifier(function.name)}_on_schedule")
    @app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
    # A timer does not retry by itself. With this it retries as Lambda does: after one minute, after two more.
    @app.retry(
        strategy="exponential_backoff",
        max_retry_count="2",
        minimum_interval="00:01:00",
        maximum_interval="00:02:00",
    )
    def on_schedule(timer: TimerRequest) -> None:
        handler(timer)


def _on_http(app: "FunctionApp", function: Function) -> None:
    _route(app, function.name, "ANONYMOUS", entrypoint.on_http(function))


def _on_call(app: "FunctionApp", function: Function) -> None:
    call = entrypoint.on_call(function)
    _route(app, function.name, "FUNCTION", lambda request: answer(call, entrypoint.as_request(request)))


_BINDINGS = {
    Trigger.DEVICE: _on_device,
    Trigger.QUEUE: _on_queue,
    Trigger.SCHEDULE: _on_schedule,
    Trigger.HTTP: _on_http,
    Trigger.CALL: _on_call,
}
"""By preference: a reader with an endpoint is also called natively through it, with the token."""


def _route(app: "FunctionApp", name: str, level: str, handler: Callable[[entrypoint.HttpRequest], Response]) -> None:
    from azure.functions import AuthLevel, HttpRequest, HttpResponse

    @app.function_name(_identifier(name))
    @app.route(route=f"{name}/{{*rest}}", methods=METHODS, auth_level=AuthLevel[level])  # the rest for /health
    def on_http(req: HttpRequest) -> HttpResponse:
        return _http_response(handler(req))


def _identifier(name: str) -> str:
    return name.replace("-", "_")


def _http_response(response: Response) -> "HttpResponse":
    from azure.functions import HttpResponse

    headers = {name: value for name, value in response.headers.items() if name != "content-type"}
    return HttpResponse(
        response.body,
        status_code=response.status,
        headers=headers,
        mimetype=response.headers.get("content-type", "application/json"),  # else the host sends text/plain
    )
