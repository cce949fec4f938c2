"""Google Cloud Functions' events to the domain and back: HTTP, Pub/Sub CloudEvent, schedule, direct call.

Shapes: a Flask request and a ``cloudevents.http.CloudEvent``, by what they can do, so that no SDK is needed here.
"""

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.wire.http import Request, Response


class FlaskRequest(Protocol):
    """What is used of ``flask.Request``."""

    @property
    def method(self) -> str: ...  # noqa: D102 - as the runtime documents it
    @property
    def path(self) -> str: ...  # noqa: D102 - as the runtime documents it
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102 - as the runtime documents it
    def get_data(self) -> bytes: ...  # noqa: D102 - as the runtime documents it


class CloudEvent(Protocol):
    """What is used of a CloudEvent: the Pub/Sub push envelope in its `data`."""

    @property
    def data(self) -> Mapping[str, Any]: ...  # noqa: D102 - as the runtime documents it


FlaskAnswer = tuple[bytes, int, Mapping[str, str]]
_decode_several = msgspec.json.Decoder(list[tuple[str, bytes]]).decode


def on_device(function: Function) -> Callable[[CloudEvent], None]:
    """Started by the telemetry topic; the gateway put the device's id into the attributes, or several publishes into
    one message (`device_ingress`). An exception is a nack of all of them.
    """
    return lambda event: function.run(Trigger.DEVICE, _readings(event.data["message"]))


def on_queue(function: Function) -> Callable[[CloudEvent], None]:
    """Started by our topic. An exception is a nack: the message is redelivered."""

    def handler(event: CloudEvent) -> None:
        if function.run(Trigger.QUEUE, [_body(event.data["message"])]):
            raise RetryableError("the record failed")

    return handler


def on_http(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    """Behind a Cloud Run URL."""
    return lambda request: as_answer(function.run(Trigger.HTTP, as_request(request)))


def as_request(request: FlaskRequest) -> Request:
    """A request as functions see it."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.path, headers, request.get_data())


def as_answer(response: Response) -> FlaskAnswer:
    """A function's response as Flask takes it."""
    return response.body, response.status, response.headers


def on_call(function: Function) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Called by the twin service on the same cloud."""
    return partial(function.run, Trigger.CALL)


def on_schedule(function: Function) -> Callable[[FlaskRequest], FlaskAnswer]:
    """Started by Cloud Scheduler with a POST to the service's URL, which only its service account may call (OIDC).

    Not by way of Pub/Sub: a push must be answered within ten minutes, a POST of the scheduler within thirty, and the
    next one waits for it. What raises is a 500: the job's ``retry_config`` says how often it is tried again, which is
    never by default. (cloud.google.com scheduler, rest/v1 projects.locations.jobs; pubsub, ackDeadlineSeconds.)
    """

    def handler(_request: FlaskRequest) -> FlaskAnswer:
        function.run(Trigger.SCHEDULE)
        return b"", 204, {}

    return handler


def _body(message: Mapping[str, Any]) -> bytes:
    return base64.b64decode(message.get("data", ""))


def _readings(message: Mapping[str, Any]) -> list[RawReading]:
    attributes = message.get("attributes") or {}
    # An operator who sends a dead letter again says when it arrived; only the gateway and operators may publish here.
    published = attributes.get("received_at") or message.get("publishTime") or message.get("publish_time")
    stamp = canonical(published) if published else None
    if "publishes" in attributes:
        return [RawReading(body, device, stamp) for device, body in _decode_several(_body(message))]
    return [RawReading(_body(message), attributes.get("device_id"), stamp)]
