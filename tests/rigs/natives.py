"""The three clouds' ways to start a function, as one interface: what a cloud would hand to the real entrypoint.

The bodies are put into the kept payloads of `tests/payloads`, so that the shapes stay the clouds' own.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.payloads import payload
from twin2multicloud.clouds.aws import entrypoint as aws
from twin2multicloud.clouds.azure import entrypoint as azure
from twin2multicloud.clouds.gcp import entrypoint as gcp
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request, Response


class Native(Protocol):
    """One cloud's native events around a function."""

    def device(self, function: Function, body: bytes, device_id: str) -> None:
        """A device publishes bytes."""

    def queue(self, function: Function, bodies: Sequence[bytes]) -> list[int]:
        """Queued records are delivered; returns the places of those that will come again."""

    def http(self, function: Function, request: Request) -> Response:
        """Someone posts to the function's URL."""

    def call(self, function: Function, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The function is called natively."""

    def schedule(self, function: Function) -> None:
        """The function's time has come. Raises what the cloud would see, and try again for."""


def rule_event(body: bytes, device_id: str) -> dict[str, Any]:
    """What the IoT rule's SQL makes of a publish: see `terraform.render.on_aws.device_gateway`."""
    kept: dict[str, Any] = payload("aws_iot_rule_to_lambda")
    return {**kept, "body": base64.b64encode(body).decode(), "device_id": device_id}


def rule_batch(*publishes: tuple[bytes, str]) -> dict[str, Any]:
    """What SQS starts the dispatcher with, from the queue that the rule fills."""
    (record,) = payload("aws_sqs_batch")["Records"]
    events = [json.dumps(rule_event(body, device_id)) for body, device_id in publishes]
    return {"Records": [{**record, "messageId": f"m-{n}", "body": event} for n, event in enumerate(events)]}


class AwsNative:
    """Lambda: IoT rule, SQS, function URL, direct invocation, EventBridge Scheduler."""

    def device(self, function: Function, body: bytes, device_id: str) -> None:
        answer = aws.on_device(function)(rule_batch((body, device_id)), None)
        assert answer == {"batchItemFailures": []}

    def queue(self, function: Function, bodies: Sequence[bytes]) -> list[int]:
        (record,) = payload("aws_sqs_batch")["Records"]
        records = [{**record, "messageId": f"m-{n}", "body": body.decode()} for n, body in enumerate(bodies)]
        answer = aws.on_queue(function)({"Records": records}, None)
        return [int(each["itemIdentifier"].removeprefix("m-")) for each in answer["batchItemFailures"]]

    def http(self, function: Function, request: Request) -> Response:
        event = payload("aws_function_url_request")
        event["requestContext"]["http"]["method"] = request.method
        event |= {"rawPath": request.path, "headers": dict(request.headers)}
        event |= {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
        answer = aws.on_http(function)(event, None)
        return Response(answer["statusCode"], answer["headers"], answer["body"].encode())

    def call(self, function: Function, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = aws.on_call(function)(asked, None)
        return answer

    def schedule(self, function: Function) -> None:
        aws.on_schedule(function)(payload("aws_scheduler_default_event"), None)


class HubEvent:
    """``azure.functions.EventHubEvent``, as far as it is used."""

    def __init__(self, body: bytes, metadata: Mapping[str, Any] | None) -> None:
        self._body, self.iothub_metadata = body, metadata

    def get_body(self) -> bytes:
        return self._body


class AzureRequest:
    """``azure.functions.HttpRequest``, as far as it is used. Its header names keep the sender's case."""

    def __init__(self, request: Request) -> None:
        self.method, self.url = request.method, f"https://twin.azurewebsites.example/api{request.path}?code=x"
        self.headers = {name.title(): value for name, value in request.headers.items()}
        self._body = request.body

    def get_body(self) -> bytes:
        return self._body


class AzureNative:
    """Functions: IoT Hub's Event Hub endpoint, an Event Hub of ours, HTTP trigger, call in the same app, timer."""

    def device(self, function: Function, body: bytes, device_id: str) -> None:
        metadata = {**payload("azure_eventhub_iothub_event")["iothub_metadata"], "connection-device-id": device_id}
        azure.on_device(function)([HubEvent(body, metadata)])

    def queue(self, function: Function, bodies: Sequence[bytes]) -> list[int]:
        try:
            azure.on_queue(function)([HubEvent(body, None) for body in bodies])
        except RetryableError:
            return list(range(len(bodies)))
        return []

    def http(self, function: Function, request: Request) -> Response:
        return azure.on_http(function)(AzureRequest(request))

    def call(self, function: Function, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return azure.on_call(function)(asked)

    def schedule(self, function: Function) -> None:
        azure.on_schedule(function)(payload("azure_timer"))


class PubSubEvent:
    """``cloudevents.http.CloudEvent``, as far as it is used."""

    def __init__(self, body: bytes, attributes: Mapping[str, str]) -> None:
        self.data = payload("gcp_cloudevent_pubsub")["body"]
        self.data["message"] |= {"data": base64.b64encode(body).decode(), "attributes": dict(attributes)}


class FlaskLike:
    """``flask.Request``, as far as it is used. Its header names keep the sender's case."""

    def __init__(self, request: Request) -> None:
        self.method, self.path = request.method, request.path
        self.headers = {name.title(): value for name, value in request.headers.items()}
        self._body = request.body

    def get_data(self) -> bytes:
        return self._body


class GcpNative:
    """Functions: Pub/Sub CloudEvent from the ingestion and from a topic of ours, HTTP, direct call, Cloud Scheduler."""

    def device(self, function: Function, body: bytes, device_id: str) -> None:
        gcp.on_device(function)(PubSubEvent(body, {"device_id": device_id}))

    def queue(self, function: Function, bodies: Sequence[bytes]) -> list[int]:
        return [place for place, body in enumerate(bodies) if self._nacked(function, body)]

    def _nacked(self, function: Function, body: bytes) -> bool:
        try:
            gcp.on_queue(function)(PubSubEvent(body, {}))
        except RetryableError:
            return True
        return False

    def http(self, function: Function, request: Request) -> Response:
        body, status, headers = gcp.on_http(function)(FlaskLike(request))
        return Response(status, headers, body)

    def call(self, function: Function, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return gcp.on_call(function)(asked)

    def schedule(self, function: Function) -> None:
        kept = payload("gcp_scheduler_request")
        request = Request(kept["method"], kept["path"], kept["headers"], kept["body"].encode())
        _, status, _ = gcp.on_schedule(function)(FlaskLike(request))
        assert 200 <= status < 300, "anything else is a failed attempt"


NATIVES: dict[Cloud, Native] = {AWS: AwsNative(), AZURE: AzureNative(), GCP: GcpNative()}
