"""AWS: IoT rule -> Lambda, SQS -> Lambda with partial failures, function URL, direct invocation."""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.clouds.aws import entrypoint
from twin2multicloud.clouds.aws.queue import MAX_RECORD_BYTES
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.emulator.events.event_source import Start, event_source
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request, Response

_CONTEXT = object()  # our entrypoints do not look at Lambda's context


def _on_device(function: Function) -> Start:
    """One event per publish: what the rule's SQL makes of it. Those that arrive together share one run."""

    def start(publishes: Sequence[Published]) -> None:
        now = time.time_ns() // 1_000_000
        function.run(Trigger.DEVICE, [entrypoint.reading(_device_event(each, now)) for each in publishes])

    return start


def _on_queue(function: Function) -> Start:
    """One SQS batch; what ``batchItemFailures`` names has failed, and everything has when the handler raises."""
    handler = entrypoint.on_queue(function)

    def start(bodies: Sequence[bytes]) -> Sequence[int]:
        records = [
            {"messageId": str(index), "body": body.decode(), "eventSource": "aws:sqs", "attributes": {}}
            for index, body in enumerate(bodies)
        ]
        result = handler({"Records": records}, _CONTEXT)
        return [int(failure["itemIdentifier"]) for failure in result["batchItemFailures"]]

    return start


def _on_http(function: Function) -> Start:
    """A function URL, payload version 2.0. Bodies that are no UTF-8 text travel as base64."""
    handler = entrypoint.on_http(function)

    def start(request: Request) -> Response:
        result = handler(_url_event(request), _CONTEXT)
        return Response(result["statusCode"], result["headers"], result["body"].encode())

    return start


def _on_call(function: Function) -> Start:
    """A direct invocation."""
    handler = entrypoint.on_call(function)

    def start(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = handler(arguments, _CONTEXT)
        return answer

    return start


MAX_PUBLISH_BYTES = 128 * 1024  # IoT Core: the payload of a publish


def _on_schedule(function: Function) -> Start:
    """EventBridge Scheduler's asynchronous invocation."""
    handler = entrypoint.on_schedule(function)
    return lambda _: handler({}, _CONTEXT)


EVENT_SOURCE = event_source(
    4,
    _on_device,
    _on_queue,
    _on_http,
    _on_call,
    _on_schedule,
    max_publish_bytes=MAX_PUBLISH_BYTES,
    max_record_bytes=MAX_RECORD_BYTES,
)


def _device_event(publish: Published, received_at: int) -> dict[str, Any]:
    body = binascii.b2a_base64(publish.payload, newline=False).decode()
    came = _milliseconds(publish.received_at) if publish.received_at else received_at
    return {"body": body, "device_id": publish.device_id, "received_at": came}


def _milliseconds(stamp: str) -> int:
    return round(to_datetime(stamp).timestamp() * 1000)


def _url_event(request: Request) -> dict[str, Any]:
    body, encoded = _as_text(request.body)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": "",
        "headers": request.headers,
        "requestContext": {
            "accountId": "anonymous",
            "http": {"method": request.method, "path": request.path, "protocol": "HTTP/1.1"},
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def _as_text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
