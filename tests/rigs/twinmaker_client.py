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
