"""Azure Functions' events to the domain and back: HTTP, Event Hub batch (IoT Hub's and our own), timer, direct call.

Shapes: azure.functions.HttpRequest and EventHubEvent, by what they can do, so that no SDK is needed to test this.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.wire.http import Request, Response


class HttpRequest(Protocol):
    """What is used of ``azure.functions.HttpRequest``."""

    @property
    def method(self) -> str: ...  # noqa: D102 - as the runtime documents it
    @property
    def url(self) -> str: ...  # noqa: D102 - as the runtime documents it
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102 - as the runtime documents it
    def get_body(self) -> bytes: ...  # noqa: D102 - as the runtime documents it


class Message(Protocol):
    """What is used of ``azure.functions.QueueMessage``."""

    def get_body(self) -> bytes: ...  # noqa: D102 - as the runtime documents it


class EventHubEvent(Message, Protocol):
    """What is used of ``azure.functions.EventHubEvent``. `iothub_metadata` keys have lost their ``iothub-``."""

    @property
    def iothub_metadata(self) -> Mapping[str, Any] | None: ...  # noqa: D102 - as the runtime documents it


def on_device(function: Function) -> Callable[[Sequence[EventHubEvent]], None]:
    """Started by IoT Hub's built-in endpoint, batch by batch."""
    return lambda events: function.run(Trigger.DEVICE, [_reading(event) for event in events])


def on_queue(function: Function) -> Callable[[Sequence[Message]], None]:
    """Started by our queue. It has no partial failure: an exception redelivers the whole batch."""

    def handler(events: Sequence[Message]) -> None:
        failed = function.run(Trigger.QUEUE, [event.get_body() for event in events])
        if failed:
            raise RetryableError(f"{len(failed)} of {len(events)} records failed")

    return handler


def on_http(function: Function) -> Callable[[HttpRequest], Response]:
    """Behind an HTTP trigger. The bundle's app turns the answer into an ``HttpResponse``."""
    return lambda request: function.run(Trigger.HTTP, as_request(request))


def as_request(request: HttpRequest) -> Request:
    """A request as functions see it."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.url.split("?", 1)[0], headers, request.get_body())


def on_call(function: Function) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Called by another function of the same app."""
    return partial(function.run, Trigger.CALL)


def on_schedule(function: Function) -> Callable[[object], None]:
    """Started by a timer. A late run (``past_due``) is still due: the function reads its own clock."""
    return lambda _timer: function.run(Trigger.SCHEDULE)


def _reading(event: EventHubEvent) -> RawReading:
    about = event.iothub_metadata or {}
    enqueued = about.get("enqueuedtime")
    return RawReading(event.get_body(), about.get("connection-device-id"), canonical(enqueued) if enqueued else None)
