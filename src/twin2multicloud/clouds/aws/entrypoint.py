"""AWS Lambda's events to the domain and back: function URL (payload 2.0), SQS batch, an IoT rule's too, schedule,
direct invocation.

Shapes: docs.aws.amazon.com lambda/urls-invocation, iot/lambda-rule-action, lambda/services-sqs-errorhandling,
lambda/with-eventbridge-scheduler. No SDK.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.wire.http import Request, Response, refused

Event = Mapping[str, Any]
Handler = Callable[[Event, object], Any]
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def on_device(function: Function) -> Handler:
    """Started by SQS with what an IoT rule's SQL makes of publishes: the payload as base64, the device's id and the
    time of arrival in ms. A message that is none is redelivered alone, and ends in the dead letters.
    """

    def handler(event: Event, _context: object) -> dict[str, Any]:
        publishes: list[RawReading] = []
        failed: list[str] = []
        for record in event["Records"]:
            try:
                publishes.append(reading(_decode(record["body"])))
            except (msgspec.DecodeError, binascii.Error, KeyError, TypeError):
                failed.append(record["messageId"])
        if publishes:
            function.run(Trigger.DEVICE, publishes)
        return _failures(failed)

    return handler


def reading(event: Event) -> RawReading:
    """The publish in the event of an IoT rule."""
    received_at = from_milliseconds(event["received_at"])
    return RawReading(_plain(event["body"]), event["device_id"], received_at)


def on_queue(function: Function) -> Handler:
    """Started by SQS, with ``ReportBatchItemFailures``: only failed records are redelivered."""

    def handler(event: Event, _context: object) -> dict[str, Any]:
        records = event["Records"]
        failed = function.run(Trigger.QUEUE, [record["body"] for record in records])
        return _failures([records[index]["messageId"] for index in failed])

    return handler


def _failures(message_ids: Sequence[str]) -> dict[str, Any]:
    """What is to be redelivered of a batch."""
    return {"batchItemFailures": [{"itemIdentifier": each} for each in message_ids]}


def on_http(function: Function) -> Handler:
    """Behind a function URL."""

    def handler(event: Event, _context: object) -> dict[str, Any]:
        try:
            request = _request(event)
        except FinalError as error:
            return _result(refused(400, str(error)))
        return _result(function.run(Trigger.HTTP, request))

    return handler


def on_call(function: Function) -> Handler:
    """Invoked directly, as TwinMaker invokes a connector: the event is the request, the result the answer."""
    return lambda event, _context: function.run(Trigger.CALL, event)


def on_schedule(function: Function) -> Handler:
    """Started by EventBridge Scheduler, asynchronously: where it raises, Lambda itself tries again, twice by default.

    The event is the schedule's own input and carries no information.
    """

    def handler(_event: Event, _context: object) -> None:
        function.run(Trigger.SCHEDULE)

    return handler


HANDLERS: Mapping[Trigger, Callable[[Function], Handler]] = {
    Trigger.DEVICE: on_device,
    Trigger.QUEUE: on_queue,
    Trigger.HTTP: on_http,
    Trigger.CALL: on_call,
    Trigger.SCHEDULE: on_schedule,
}


def _plain(body: str) -> bytes:
    try:
        return msgspec.convert(body, bytes)  # five times as fast as binascii, and takes no line breaks
    except msgspec.ValidationError:
        return binascii.a2b_base64(body)


def _request(event: Event) -> Request:
    http = event["requestContext"]["http"]
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, ValueError) as error:
        raise FinalError("body is not base64 although isBase64Encoded says so", 400) from error
    return Request(http["method"], event["rawPath"], event["headers"], raw)


def _result(response: Response) -> dict[str, Any]:
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "body": response.body.decode(),  # a Lambda's answer is text; all of ours are JSON
        "isBase64Encoded": False,
    }
