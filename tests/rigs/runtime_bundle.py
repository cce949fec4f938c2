"""One bundle under its cloud's real runtime, for all three clouds the same verbs: what differential tests compare."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from tests.rigs.clock import START
from tests.rigs.natives import rule_event
from tests.rigs.payloads import payload
from tests.rigs.runtime_lambda import LambdaError, LambdaRuntime
from tests.rigs.runtime_process import RuntimeProcess
from tests.rigs.runtime_wiring import EFFECTS, SEED
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.packaging.bundle import Bundle
from twin2multicloud.terraform.render.on_aws.functions import SCHEDULED
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.tokens import HEADER

_OVERLAY = "from tests.rigs.runtime_wiring import handler as handler\n"
_START_MS = 1_768_473_000_000  # `START`
Effect = tuple[str, str, Any]
Publish = tuple[str, Mapping[str, Any]]


class Runtime(Protocol):
    """What a rig of a runtime can do."""

    def publish(self, publishes: Sequence[Publish]) -> bool:
        """As the cloud's device service: device id and JSON object each; whether all were taken."""
        ...

    def deliver(self, bodies: Sequence[bytes]) -> list[int]:
        """As the cloud's queue: the places of the records that failed, and so would come again."""
        ...

    def request(self, request: Request) -> Response:
        """As a request to the function's URL."""
        ...

    def call(self, asked: Mapping[str, Any], token: str = "") -> Mapping[str, Any] | None:
        """As a native call, with the token that an endpoint wants; None where it was refused."""
        ...

    def tick(self) -> bool:
        """As the cloud's scheduler; whether it was done, and so is not tried again."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Running:
    """A bundle under its runtime. With `ports` "rig", the ports of `runtime_wiring` stand in for the cloud's own."""

    def __init__(
        self,
        bundle: Bundle,
        env: Mapping[str, str],
        folder: Path,
        seed: Sequence[Telemetry] = (),
        ports: Literal["rig", "cloud"] = "rig",
    ) -> None:
        zipfile.ZipFile(io.BytesIO(bundle.archive)).extractall(folder)
        if ports == "rig":
            (folder / "twin2multicloud" / "clouds" / bundle.cloud / "wiring.py").write_text(_OVERLAY)
        self.folder, self._effects, self._read = folder, folder / "effects.jsonl", 0
        self._effects.touch()
        (folder / SEED).write_bytes(msgspec.json.encode(seed))
        self.runtime = _start(bundle.cloud, folder, {**env, EFFECTS: str(self._effects)})

    def effects(self) -> list[Effect]:
        """What the function did since this was last asked."""
        content = self._effects.read_bytes()
        new, self._read = content[self._read :], len(content)
        return [msgspec.json.decode(line, type=tuple[str, str, Any]) for line in new.splitlines()]


def _start(cloud: Cloud, folder: Path, env: Mapping[str, str]) -> Runtime:
    match cloud:
        case "aws":
            return _Aws(folder, env)
        case "azure":
            return _Azure(folder, env)
        case _:
            return _Gcp(folder, env)


class _Aws:
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._lambda = LambdaRuntime(folder, env)
        self.close = self._lambda.close

    def publish(self, publishes: Sequence[Publish]) -> bool:
        """One batch from the queue that the rule fills, with what its SQL makes of each."""
        events = [rule_event(msgspec.json.encode(payload), device) for device, payload in publishes]
        bodies = [json.dumps({**event, "received_at": _START_MS}) for event in events]
        records = [{"messageId": f"m{index}", "body": body} for index, body in enumerate(bodies)]
        return self._ends_well({"Records": records})

    def deliver(self, bodies: Sequence[bytes]) -> list[int]:
        records = [
            {"messageId": f"m{index}", "body": body.decode(), "eventSource": "aws:sqs", "attributes": {}}
            for index, body in enumerate(bodies)
        ]
        failed = self._lambda.invoke({"Records": records})["batchItemFailures"]
        return [int(each["itemIdentifier"].removeprefix("m")) for each in failed]

    def request(self, request: Request) -> Response:
        answer = self._lambda.invoke(url_event(request))
        return Response(answer["statusCode"], answer["headers"], answer["body"].encode())

    def call(self, asked: Mapping[str, Any], token: str = "") -> Mapping[str, Any] | None:
        try:
            answer: Mapping[str, Any] = self._lambda.invoke(asked)
        except LambdaError:
            return None
        return answer

    def tick(self) -> bool:
        return self._ends_well({**payload("aws_scheduler_default_event"), **json.loads(SCHEDULED)})

    def _ends_well(self, event: Mapping[str, Any]) -> bool:
        try:
            self._lambda.invoke(event)
        except LambdaError:
            return False
        return True


def url_event(request: Request) -> dict[str, Any]:
    """A function URL's event, payload 2.0 (docs.aws.amazon.com lambda/latest/dg/urls-invocation)."""
    try:
        body, encoded = request.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(request.body).decode(), True
    http = {"method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": "",
        "headers": dict(request.headers),
        "requestContext": {"accountId": "anonymous", "http": http, "stage": "$default"},
        "body": body,
        "isBase64Encoded": encoded,
    }


class _OverHttp:
    """What Azure's and Google's rigs have in common: HTTP as a question over the pipe."""

    _process: RuntimeProcess

    def request(self, request: Request) -> Response:
        answer = self._process.ask(_question(request))
        return Response(answer["status"], answer["headers"], base64.b64decode(answer["body"]))

    def call(self, asked: Mapping[str, Any], token: str = "") -> Mapping[str, Any] | None:
        headers = {"content-type": "application/json", HEADER: token}
        response = self.request(Request("POST", "/", headers, msgspec.json.encode(asked)))
        return msgspec.json.decode(response.body, type=dict[str, Any]) if response.status == 200 else None

    def close(self) -> None:
        self._process.close()


def _question(request: Request) -> dict[str, Any]:
    body = base64.b64encode(request.body).decode()
    return {"method": request.method, "path": request.path, "headers": dict(request.headers), "body": body}


class _Azure(_OverHttp):
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._process = RuntimeProcess("tests.rigs.runtime_azure_functions", folder, env)

    @property
    def ready(self) -> dict[str, Any]:
        """What the worker indexed."""
        found: dict[str, Any] = self._process.ready
        return found

    def publish(self, publishes: Sequence[Publish]) -> bool:
        """One batch of events, each with its connection's device id."""
        question = {
            "bodies": [base64.b64encode(msgspec.json.encode(payload)).decode() for _, payload in publishes],
            "properties": [
                {"iothub-connection-device-id": device, "iothub-enqueuedtime": START} for device, _ in publishes
            ],
        }
        return self._process.ask(question)["raised"] is None

    def deliver(self, bodies: Sequence[bytes]) -> list[int]:
        """Message by message; one that raises comes again."""
        outcomes = [self._process.ask({"body": base64.b64encode(body).decode()})["raised"] for body in bodies]
        return [index for index, raised in enumerate(outcomes) if raised is not None]

    def tick(self) -> bool:
        return self._process.ask(payload("azure_timer"))["raised"] is None


class _Gcp(_OverHttp):
    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._process = RuntimeProcess("tests.rigs.runtime_functions_framework", folder, env)

    @property
    def ready(self) -> dict[str, Any]:
        """What the framework registered."""
        found: dict[str, Any] = self._process.ready
        return found

    def publish(self, publishes: Sequence[Publish]) -> bool:
        """One push per message, the device id in its attributes."""
        statuses = [self._push(msgspec.json.encode(payload), {"device_id": device}) for device, payload in publishes]
        return all(status == 200 for status in statuses)

    def deliver(self, bodies: Sequence[bytes]) -> list[int]:
        """Push by push; anything but 200 is a nack."""
        return [index for index, body in enumerate(bodies) if self._push(body, {}) != 200]

    def tick(self) -> bool:
        asked = payload("gcp_scheduler_request")
        headers = {name: value for name, value in asked["headers"].items() if name != "Content-Length"}
        request = Request(asked["method"], asked["path"], headers, asked["body"].encode())
        return 200 <= self.request(request).status < 300

    def _push(self, data: bytes, attributes: Mapping[str, str]) -> int:
        """As Eventarc pushes it: a CloudEvent in binary mode (cloud.google.com, eventarc, cloudevents)."""
        message = {
            "data": base64.b64encode(data).decode(),
            "attributes": attributes,
            "messageId": "1",
            "publishTime": START,
        }
        headers = {
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": "1",
            "ce-source": "//pubsub.googleapis.com/projects/p/topics/t",
            "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        }
        body = msgspec.json.encode({"message": message, "subscription": "projects/p/subscriptions/s"})
        return self.request(Request("POST", "/", headers, body)).status
