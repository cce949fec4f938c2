"""Unmodified boto3 against the emulated TwinMaker without a socket; every answer is held against botocore's model."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.validate import ParamValidator

from twin2multicloud.emulator.l4.documents import Documents
from twin2multicloud.emulator.l4.twinmaker import TwinMakerAlone
from twin2multicloud.emulator.l4.twinmaker_service import Connector, Service
from twin2multicloud.wire.http import Request, Response

SINCE = 1_700_000_000.0
ROLE = "arn:aws:iam::123456789012:role/twin"
BUCKET = "arn:aws:s3:::twin-bucket"
READER = "arn:aws:lambda:eu-central-1:123456789012:function:reader"
WRITER = "arn:aws:lambda:eu-central-1:123456789012:function:writer"
MIXER = "com.example.mixer"


def nobody(arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """A connector that must not be asked."""
    raise AssertionError((arn, request))


def account(connector: Connector = nobody, now: Callable[[], float] = lambda: SINCE) -> TwinMakerAlone:
    """An empty account, in memory."""
    return TwinMakerAlone(Service(documents=Documents(), connector=connector, now=now))


class _Raw:
    """The stream of an answer, as urllib3's."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        return [self._body]


def client_of(answer: Callable[[Request], Response]) -> Any:
    """A client whose requests `answer` gets."""
    made = boto3.client(
        "iottwinmaker",
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
    )

    def send(request: Any, **_: object) -> AWSResponse:
        url = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        got = answer(Request(request.method, unquote(url.path), {}, body, url.query))
        return AWSResponse(request.url, got.status, dict(got.headers), _Raw(got.body))

    def check(model: Any, parsed: dict[str, Any], **_: object) -> None:
        if "Error" not in parsed and model.output_shape is not None:
            said = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
            report = ParamValidator().validate(said, model.output_shape)
            assert not report.has_errors(), report.generate_report()

    made.meta.events.register("before-send.iottwinmaker", send)
    made.meta.events.register("after-call.iottwinmaker", check)
    return made


class Functions:
    """Connectors that keep what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.answer: Mapping[str, Any] | Exception = {"propertyValues": []}

    def __call__(self, arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((arn, request))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def make_factory(client: Any) -> None:
    """A base type with connectors, a type under it, and a line with two mixers, one fed by the other."""
    lambdas = {"dataReader": READER, "attributePropertyValueReaderByEntity": READER, "dataWriter": WRITER}
    client.create_component_type(
        workspaceId="factory",
        componentTypeId="com.example.base",
        propertyDefinitions={
            "deviceId": {"dataType": {"type": "STRING"}, "isExternalId": True, "isRequiredInEntity": True}
        },
        functions={name: {"implementedBy": {"lambda": {"arn": arn}}} for name, arn in lambdas.items()},
    )
    client.create_component_type(
        workspaceId="factory",
        componentTypeId=MIXER,
        extendsFrom=["com.example.base"],
        propertyDefinitions={
            "rpm": {"dataType": {"type": "DOUBLE"}, "isTimeSeries": True, "isStoredExternally": True},
            "maker": {"dataType": {"type": "STRING"}, "defaultValue": {"stringValue": "ACME"}},
            "feeds": {"dataType": {"type": "LIST", "nestedType": {"type": "RELATIONSHIP", "relationship": {}}}},
        },
    )
    client.create_entity(workspaceId="factory", entityId="line", entityName="Line 1")
    client.create_entity(
        workspaceId="factory", entityId="m2", entityName="Mixer 2", parentEntityId="line", components=mixer("d2")
    )
    feeds = {"feeds": {"value": {"listValue": [{"relationshipValue": {"targetEntityId": "m2"}}]}}}
    client.create_entity(
        workspaceId="factory",
        entityId="m1",
        entityName="Mixer 1",
        parentEntityId="line",
        components=mixer("d1", **feeds),
    )


def mixer(device: str, **more: object) -> dict[str, Any]:
    """The components of an entity that is a mixer."""
    properties = {"deviceId": {"value": {"stringValue": device}}, **more}
    return {"mixer": {"componentTypeId": MIXER, "properties": properties}}
