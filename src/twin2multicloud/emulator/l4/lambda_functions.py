"""Connectors of an emulated TwinMaker that stands alone: functions of whatever answers here as AWS Lambda does.

``Invoke`` of the Lambda API (botocore's model): moto, ministack, SAM and LocalStack answer it. Requests are not signed.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.http import may_pass
from twin2multicloud.wire.http_transport import HttpTransport

_SECONDS = 30.0
_HEADERS = {"content-type": "application/json", "x-amz-invocation-type": "RequestResponse"}


class LambdaFunctions:
    """Calls functions by ARN. `url` is the Lambda endpoint; empty where there is none."""

    def __init__(self, url: str, transport: Transport | None = None) -> None:
        self._url, self._transport = url.rstrip("/"), transport or HttpTransport()

    def call(self, arn: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer of a function. Raises FinalError, RetryableError."""
        if not self._url:
            raise FinalError(f"{arn} is not called: `t2mc l4 serve` was given no --functions")
        url = f"{self._url}/2015-03-31/functions/{quote(arn, safe='')}/invocations"
        answer = self._transport.post(url, _HEADERS, msgspec.json.encode(request), _SECONDS)
        said = answer.body[:300].decode(errors="replace")
        if may_pass(answer.status):
            raise RetryableError(f"{arn}: {answer.status}: {said}")
        if answer.status != 200 or "x-amz-function-error" in answer.headers:
            raise FinalError(f"{arn}: {said}")
        try:
            return msgspec.json.decode(answer.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FinalError(f"{arn} did not answer with a JSON object: {said}") from error
