"""Secrets on AWS: Secrets Manager, by ARN or name. Reads, and keeps nothing (see `hosting.rotation`)."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from twin2multicloud.clouds.aws.sdk_errors import domain_errors


class SecretsManager(Protocol):
    """What is used of boto3's ``secretsmanager`` client."""

    def get_secret_value(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


class SecretsManagerSecrets:
    """A `Secrets`."""

    def __init__(self, client: Callable[[], SecretsManager]) -> None:
        self._client = client

    def read(self, name: str) -> str:
        """See `ports.secrets.Secrets.read`."""
        with domain_errors(f"secret {name}"):
            found = self._client().get_secret_value(SecretId=name)
        text: str = found["SecretString"]
        return text
