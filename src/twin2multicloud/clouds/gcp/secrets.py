"""Secrets on Google Cloud: Secret Manager, by the secret's full name. Reads, and keeps nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

TIMEOUT = 10.0


def secret_manager() -> "SecretManagerServiceClient":
    """A client that signs in as whoever runs this."""
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

    with domain_errors("signing in to Google Cloud"):
        return SecretManagerServiceClient()


class SecretManagerSecrets:
    """A `Secrets`."""

    def __init__(self, client: Callable[[], "SecretManagerServiceClient"], patience: float = PATIENCE) -> None:
        self._client, self._patience = client, patience

    def read(self, name: str) -> str:
        """See `ports.secrets.Secrets.read`. `name` is ``projects/<project>/secrets/<name>``; the latest version."""
        with domain_errors(f"secret {name}"):
            found = self._client().access_secret_version(
                name=f"{name}/versions/latest", retry=patient(self._patience), timeout=TIMEOUT
            )
        text: str = found.payload.data.decode()
        return text
