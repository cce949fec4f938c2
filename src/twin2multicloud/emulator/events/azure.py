"""Azure: IoT Hub's event-hub endpoint, event hub -> function, HTTP trigger, call inside the app.

The objects have what `azure.functions`' own have and our entrypoints use; the differential tests hold both together.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.clouds.azure import entrypoint
from twin2multicloud.clouds.azure.queue import MAX_RECORD_BYTES
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.events.event_source import Start, event_source
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request


class EventHubEvent(msgspec.Struct, frozen=True):
    """An event as ``azure.functions.EventHubEvent`` shows it."""

    body: bytes
    iothub_metadata: Mapping[str, Any] | None = None

    def get_body(self) -> bytes:
        """The event's bytes."""
        return self.body


class HttpRequest(msgspec.Struct, frozen=True):
    """A request as ``azure.functions.HttpRequest`` shows it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def get_body(self) -> bytes:
        """The request's bytes."""
        return self.body


def _on_device(function: Function) -> Start:
    """A batch of events, each with the device id of its connection."""
    handler = entrypoint.on_device(function)

    def start(publishes: Sequence[Published]) -> None:
        now = from_milliseconds(time.time_ns() // 1_000_000)
        handler(
            [
                EventHubEvent(
                    publish.payload,
                    {"connection-device-id": publish.device_id, "enqueuedtime": publish.received_at or now},
                )
                for publish in publishes
            ]
        )

    return start


def _on_queue(function: Function) -> Start:
    """A batch of events. An exception fails all of them: there is no partial answer."""
    handler = entrypoint.on_queue(function)

    def start(bodies: Sequence[bytes]) -> Sequence[int]:
        try:
            handler([EventHubEvent(body) for body in bodies])
        except RetryableError:
            return range(len(bodies))
        return ()

    return start


def _on_http(function: Function) -> Start:
    """An HTTP trigger."""
    handler = entrypoint.on_http(function)
    return lambda request: handler(_http_request(request))


MAX_PUBLISH_BYTES = 256 * 1024  # IoT Hub: a message from a device to the cloud

EVENT_SOURCE = event_source(
    4,
    _on_device,
    _on_queue,
    _on_http,
    entrypoint.on_call,
    entrypoint.on_schedule,
    max_publish_bytes=MAX_PUBLISH_BYTES,
    max_record_bytes=MAX_RECORD_BYTES,
)


def _http_request(request: Request) -> HttpRequest:
    return HttpRequest(request.method, f"http://localhost{request.path}", request.headers, request.body)
