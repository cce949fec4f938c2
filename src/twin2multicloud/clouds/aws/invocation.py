"""Native calls on AWS: Lambda's ``Invoke``, synchronously, with boto3's credentials. Ships in no bundle.

A function that has a URL takes these calls too (see `runtime`). What a function raises comes as an answer of 200 with
``FunctionError``; ``errorType`` is the class's name or the runtime's word, ``errorMessage`` the sentence. An invocation
takes and answers 6 MB at most. (docs.aws.amazon.com lambda/latest/dg/invocation-retries, python-exceptions; botocore's
service model.)
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 3

_FINAL = frozenset({"FinalError", "ConfigurationError", "TwinError", "Function.ResponseSizeTooLarge"})
"""Errors that a retry cannot remove: the request's fault, or the function's configuration."""


class Lambda(Protocol):
    """What is used of boto3's ``lambda`` client."""

    def invoke(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


class _Raised(msgspec.Struct, rename="camel"):
    error_type: str = ""
    error_message: str = ""


class LambdaInvocation:
    """An `Invocation`. `names` gives the deployed name of each function."""

    def __init__(self, client: Lambda, names: Mapping[str, str]) -> None:
        self._client, self._names = client, names

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`."""
        name = self._names.get(function)
        if name is None:
            raise ConfigurationError(f"{function}: no such function is deployed on AWS")
        with domain_errors(f"calling {function}"):
            answer = self._client.invoke(
                FunctionName=name, InvocationType="RequestResponse", Payload=msgspec.json.encode(arguments)
            )
            payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise _raised(function, payload)
        try:
            return msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{function}: the endpoint did not answer as a function of this twin") from error


def open_invocation(outputs: Mapping[str, Any]) -> LambdaInvocation:
    """The functions of a deployed twin, by its outputs ``aws_called`` (names by function) and ``aws_region``.

    Signs in as boto3 finds credentials: ``lambda:InvokeFunction`` is what it takes. Raises ConfigurationError where
    boto3 is not installed.
    """
    retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    settings = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "retries": retries}
    client = operators_client("calling functions on AWS needs", "lambda", outputs["aws_region"], settings)
    return LambdaInvocation(client, outputs["aws_called"])


def operators_client(purpose: str, service: str, region: str, settings: Mapping[str, object]) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
    """A client of whoever deploys, as boto3 finds credentials. Raises ConfigurationError where it is not installed."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ConfigurationError(f"{purpose} boto3: pip install 'twin2multicloud[aws]'") from error
    with domain_errors("signing in to AWS"):  # a profile that is named and not there
        return boto3.client(service, region_name=region, config=Config(**settings))


def _raised(function: str, payload: bytes) -> TwinError:
    try:
        raised = msgspec.json.decode(payload, type=_Raised)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raised = _Raised()
    if raised.error_type in _FINAL:
        return FinalError(f"{function}: {raised.error_message}", 400)
    ours = raised.error_type == RetryableError.__name__
    said = raised.error_message if ours else f"it failed: {raised.error_type}: {raised.error_message}"
    return RetryableError(f"{function}: {said}")
