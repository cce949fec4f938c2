"""Google Cloud: Pub/Sub CloudEvents, one message each; HTTP as Flask shows it; call from the twin service."""

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.clouds.gcp import entrypoint
from twin2multicloud.clouds.gcp.queue import MAX_RECORD_BYTES
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.events.event_source import Start, event_source
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.functions.acquisition.device_gateway import MAX_PUBLISH_BYTES
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request, Response


class CloudEvent(msgspec.Struct, frozen=True):
    """An event as ``cloudevents.http.CloudEvent`` shows it."""

    data: Mapping[str, Any]


class FlaskRequest(msgspec.Struct, frozen=True):
    """A request as ``flask.Request`` shows it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def get_data(self) -> bytes:
        """The request's bytes."""
        return self.body


def _on_device(function: Function) -> Start:
    """One event per publish; our ingestion puts the device id into the attributes."""
    handler = entrypoint.on_device(function)

    def start(publishes: Sequence[Published]) -> None:
        for publish in publishes:
            handler(_event(publish.payload, {"device_id": publish.device_id}, publish.received_at))

    return start


def _on_queue(function: Function) -> Start:
    """One event per record. An exception is a nack."""
    handler = entrypoint.on_queue(function)

    def start(bodies: Sequence[bytes]) -> Sequence[int]:
        return [index for index, body in enumerate(bodies) if not _acknowledged(handler, body)]

    return start


def _on_http(function: Function) -> Start:
    """A request to a Cloud Run URL."""
    handler = entrypoint.on_http(function)

    def start(request: Request) -> Response:
        body, status, headers = handler(FlaskRequest(request.method, request.path, request.headers, request.body))
        return Response(status, headers, body)

    return start


def _on_schedule(function: Function) -> Start:
    """Cloud Scheduler's POST."""
    handler = entrypoint.on_schedule(function)
    return lambda _: handler(FlaskRequest("POST", "/", {}, b""))


# a CloudEvent is one message: what others have in batches, this cloud has in width
EVENT_SOURCE = event_source(
    16,
    _on_device,
    _on_queue,
    _on_http,
    entrypoint.on_call,
    _on_schedule,
    max_publish_bytes=MAX_PUBLISH_BYTES,
    max_record_bytes=MAX_RECORD_BYTES,
)


def _acknowledged(handler: Any, body: bytes) -> bool:  # noqa: ANN401 - an entrypoint's handler
    try:
        handler(_event(body, {}))
    except RetryableError:
        return False
    return True


def _event(body: bytes, attributes: Mapping[str, str], published: str | None = None) -> CloudEvent:
    message = {
        "data": base64.b64encode(body).decode(),
        "attributes": attributes,
        "messageId": "0",
        "publishTime": published or from_milliseconds(time.time_ns() // 1_000_000),
    }
    return CloudEvent({"message": message, "subscription": "projects/emulator/subscriptions/emulator"})
