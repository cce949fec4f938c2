"""Lambda's ``Invoke``, of ours: runs handlers in this process, and boto3 talks to it over a socket.

moto runs code in docker only. Shapes: botocore's service model; what a handler raises is put as awslambdaric puts it,
and 200 with ``X-Amz-Function-Error`` as the service does (docs.aws.amazon.com lambda/latest/dg/invocation-retries).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from tests.rigs.invocation import served
from tests.rigs.runtime_lambda import LambdaError
from twin2multicloud.clouds.aws.entrypoint import Handler
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.http import Request

_PATH = re.compile(r"/2015-03-31/functions/([A-Za-z0-9_-]+)/invocations")
_ASKED, _ANSWERED = 6 * 1024 * 1024, 6 * 1024 * 1024 + 100
_STRANGER = "AKIASTRANGER"


class LambdaService:
    """Functions by their deployed names: handlers, or bundles under the real runtime (`runtime_lambda`).

    Who signs in with the key of a `STRANGER` may invoke none.
    """

    STRANGER = _STRANGER

    def __init__(self, functions: Mapping[str, Handler]) -> None:
        self._functions = functions

    def __call__(self, request: Request) -> Reply:
        found = _PATH.fullmatch(request.path)
        if found is None or request.headers.get("x-amz-invocation-type") != "RequestResponse":
            return _refusal(400, "InvalidParameterValueException", f"{request.path}, not a synchronous invocation")
        name = found[1]
        arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
        if f"Credential={_STRANGER}/" in request.headers.get("authorization", ""):
            said = f"User: somebody is not authorized to perform: lambda:InvokeFunction on resource: {arn}"
            return _refusal(403, "AccessDeniedException", said)
        if name not in self._functions:
            return _refusal(404, "ResourceNotFoundException", f"Function not found: {arn}")
        if len(request.body) > _ASKED:
            said = f"{len(request.body)} byte payload is too large for the RequestResponse invocation type"
            return _refusal(413, "RequestTooLargeException", said)
        try:
            event = msgspec.json.decode(request.body)
        except msgspec.DecodeError as error:
            return _refusal(400, "InvalidRequestContentException", str(error))
        return _invoked(self._functions[name], event)


def _invoked(handler: Handler, event: Any) -> Reply:
    try:
        payload = msgspec.json.encode(handler(event, None))
    except LambdaError as error:
        return _failed(*str(error).split(": ", 1))
    except Exception as error:
        return _failed(type(error).__name__, str(error))
    if len(payload) > _ANSWERED:
        return _failed("Function.ResponseSizeTooLarge", f"Response payload size exceeded {_ANSWERED} bytes.")
    return Reply(200, {"x-amz-executed-version": "$LATEST"}, payload)


def _failed(kind: str, message: str) -> Reply:
    body = {"errorMessage": message, "errorType": kind, "requestId": "rig", "stackTrace": []}
    return Reply(200, {"x-amz-function-error": "Unhandled"}, msgspec.json.encode(body))


def _refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"x-amzn-errortype": code}, msgspec.json.encode({"Type": "User", "Message": message}))


@contextmanager
def lambda_service(functions: Mapping[str, Handler]) -> Iterator[str]:
    """The URL of the service."""
    with served(LambdaService(functions)) as url:
        yield url
