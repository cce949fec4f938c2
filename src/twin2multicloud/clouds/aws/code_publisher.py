"""Code of Lambdas, without Terraform: ``UpdateFunctionCode`` with the archive itself. Ships in no bundle.

Lambda says the SHA-256 of what a function runs (``CodeSha256``, base64), so nothing of ours remembers it; an archive
sent so has 50 MB at most. An update is over when ``LastUpdateStatus`` says so (docs.aws.amazon.com lambda/latest/api,
API_UpdateFunctionCode and API_GetFunctionConfiguration). The next deployment sends the same archive again.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.ports.clock import Clock

_EVERY_SECONDS, _PATIENCE_SECONDS = 1.0, 300.0
_MOST_BYTES = 50 * 1024 * 1024
_SETTINGS = {"connect_timeout": 5, "read_timeout": 120, "retries": {"mode": "standard", "total_max_attempts": 3}}


class Lambda(Protocol):
    """What is used of boto3's ``lambda`` client."""

    def get_function_configuration(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - boto3's
    def update_function_code(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - boto3's


class LambdaCodePublisher:
    """A `CodePublisher`. `names` gives the deployed name of each function."""

    def __init__(self, client: Lambda, names: Mapping[str, str], clock: Clock) -> None:
        self._client, self._names, self._clock = client, names, clock

    def published(self) -> Mapping[str, str]:
        """See `CodePublisher.published`."""
        return {each: base64.b64decode(self._configuration(each)["CodeSha256"]).hex() for each in self._names}

    def publish(self, function: str, archive: bytes, digest: str) -> None:
        """See `CodePublisher.publish`."""
        if len(archive) > _MOST_BYTES:
            raise TwinError(f"{function}: its archive is over Lambda's 50 MB; `t2mc deploy` brings it with the rest")
        with domain_errors(f"{function}: publishing its code"):
            self._client.update_function_code(FunctionName=self._names[function], ZipFile=archive)
        found = self._updated(function)
        if not base64.b64decode(found["CodeSha256"]).hex().startswith(digest):
            raise TwinError(f"{function}: AWS runs other code than was sent; somebody else publishes too")

    def _updated(self, function: str) -> Mapping[str, Any]:
        end = self._clock.monotonic() + _PATIENCE_SECONDS
        while (found := self._configuration(function)).get("LastUpdateStatus", "Successful") == "InProgress":
            if self._clock.monotonic() >= end:
                raise TwinError(f"{function}: its update is not over after {_PATIENCE_SECONDS:.0f} s")
            self._clock.sleep(_EVERY_SECONDS)
        if found.get("LastUpdateStatus") == "Failed":
            why = found.get("LastUpdateStatusReason", "it does not say why")
            raise TwinError(f"{function}: AWS took its code and could not run it: {why}")
        return found

    def _configuration(self, function: str) -> Mapping[str, Any]:
        with domain_errors(f"{function}: looking at its code"):
            return self._client.get_function_configuration(FunctionName=self._names[function])


def open_publisher(outputs: Mapping[str, Any]) -> LambdaCodePublisher:
    """The functions of a deployed twin, by its outputs ``aws_functions`` (names by function) and ``aws_region``.

    Takes ``lambda:GetFunctionConfiguration`` and ``lambda:UpdateFunctionCode``. Raises ConfigurationError where boto3
    is not installed.
    """
    client = operators_client("publishing code to AWS needs", "lambda", outputs["aws_region"], _SETTINGS)
    return LambdaCodePublisher(client, outputs["aws_functions"], SystemClock())
