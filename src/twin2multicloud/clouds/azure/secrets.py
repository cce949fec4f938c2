"""Secrets on Azure: Key Vault, by the secret's id (its URL without a version). Reads, and keeps nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretClient


class KeyVaultSecrets:
    """A `Secrets`. `vault` makes the client of a vault, by its URL."""

    def __init__(self, vault: Callable[[str], "SecretClient"]) -> None:
        self._vault = vault

    def read(self, name: str) -> str:
        """See `ports.secrets.Secrets.read`. Raises ConfigurationError also for an invalid secret id."""
        vault_url, secret = _parts(name)
        with domain_errors(f"secret {secret}"):
            return self._vault(vault_url).get_secret(secret).value or ""


def _parts(secret_id: str) -> tuple[str, str]:
    """``https://<vault>/secrets/<name>`` as the vault's URL and the name."""
    url = urlsplit(secret_id)
    kind, _, name = url.path.strip("/").partition("/")
    if not url.netloc or kind != "secrets" or not name or "/" in name:
        raise ConfigurationError(f"a secret must be https://<vault>/secrets/<name>, found {secret_id!r}")
    return f"{url.scheme}://{url.netloc}", name
