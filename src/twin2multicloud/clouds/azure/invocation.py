"""Native calls on Azure: a POST to the function's app, with a key of the app or the token. Ships in no bundle.

Where the function is an endpoint it asks for the token between clouds. Elsewhere the host asks for a function key, in
the header ``x-functions-key``; the app's own (host) keys open all its functions, and it has one. They are fetched when
needed, from Azure Resource Manager: ``POST …/sites/<name>/host/default/listkeys`` (learn.microsoft.com/rest/api/
appservice/web-apps/list-host-keys, 2024-04-01), which takes ``Microsoft.Web/sites/host/listkeys/action``: Contributor
and Website Contributor have it, Reader has not. The master key is left alone: it opens more than is asked for here.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.hosting.rotation import CachedSecret
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.calls import post, token_header

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.core.rest import HttpRequest, HttpResponse

    from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets

    Client = PipelineClient[HttpRequest, HttpResponse]

KEY_HEADER = "x-functions-key"
MANAGEMENT = "https://management.azure.com"
_VERSION = "2024-04-01"
_CONNECT_SECONDS, _READ_SECONDS, _RETRIES = 10, 30, 2


class App(msgspec.Struct, frozen=True):
    """One function's app. `resource_id` is Azure Resource Manager's; empty where the function is an endpoint."""

    url: str
    resource_id: str = ""


class _HostKeys(msgspec.Struct, rename="camel"):
    function_keys: dict[str, str] = {}


class FunctionAppInvocation:
    """An `Invocation`. `apps` by function; `token` gives the text of the token's secret, where an app wants it."""

    def __init__(
        self, apps: Mapping[str, App], transport: Transport, management: "Client", token: Callable[[], str]
    ) -> None:
        self._apps, self._transport, self._management, self._token = apps, transport, management, token
        self._keys: dict[str, str] = {}

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`. A key that the app does not know any more is fetched again, once."""
        app = self._apps.get(function)
        if app is None:
            raise ConfigurationError(f"{function}: no such function is deployed on Azure")
        if not app.resource_id:
            return post(self._transport, app.url, token_header(self._token()), function, arguments)
        known = self._keys.get(function)
        if known is not None:
            try:
                return post(self._transport, app.url, {KEY_HEADER: known}, function, arguments)
            except ConfigurationError:
                self._keys.pop(function, None)
        key = self._keys[function] = self._fetched(function, app)
        return post(self._transport, app.url, {KEY_HEADER: key}, function, arguments)

    def _fetched(self, function: str, app: App) -> str:
        """One of the app's keys: the one that every app has, else any."""
        from azure.core.rest import HttpRequest

        doing = f"{function}: asking for its key"
        path = f"{app.resource_id}/host/default/listkeys"
        url = self._management.format_url(path)
        with domain_errors(doing):
            answer = self._management.send_request(HttpRequest("POST", url, params={"api-version": _VERSION}))
        if answer.status_code != 200:
            raise by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
        try:
            keys = msgspec.json.decode(answer.content, type=_HostKeys).function_keys
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{doing}: the endpoint did not answer as Azure Resource Manager") from error
        found = keys.get("default") or next(iter(keys.values()), "")
        if not found:
            raise RetryableError(f"{doing}: the app has no key yet")
        return found


def open_invocation(outputs: Mapping[str, Any]) -> FunctionAppInvocation:
    """The functions of a deployed twin, by its outputs.

    ``azure_called`` are URLs by function, ``azure_called_apps`` the ids of the apps that ask for a key, and
    ``azure_token_secret`` names the secret of those that ask for the token. Signs in as azure-identity finds
    credentials: ``AZURE_…``, a managed identity, `az login`. Raises ConfigurationError where it is not installed.
    """
    credential = operator("calling functions on Azure needs")
    from twin2multicloud.wire.http_transport import HttpTransport

    ids = outputs.get("azure_called_apps", {})
    apps = {name: App(url, ids.get(name, "")) for name, url in outputs["azure_called"].items()}
    token = CachedSecret(vault(credential), str(outputs.get("azure_token_secret", "")), SystemClock(), lambda _: None)
    return FunctionAppInvocation(apps, HttpTransport(), connect(MANAGEMENT, MANAGEMENT, credential), token.read)


def operator(purpose: str) -> "TokenCredential":
    """Who deploys, as azure-identity finds credentials. Raises ConfigurationError where it is not installed."""
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise ConfigurationError(f"{purpose} azure-identity: pip install 'twin2multicloud[azure]'") from error
    logging.getLogger("azure.identity").setLevel(logging.ERROR)  # else it lists all attempts within our output
    return DefaultAzureCredential()


def connect(
    url: str,
    audience: str,
    credential: "TokenCredential",
    transport: "HttpTransport[Any, Any] | None" = None,
    read_seconds: float = _READ_SECONDS,
) -> "Client":
    """A pipeline to one of Azure's own APIs, signed in for its audience."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy
    from azure.core.pipeline.transport import RequestsTransport

    way = transport or RequestsTransport(connection_timeout=_CONNECT_SECONDS, read_timeout=read_seconds)
    signs_in = BearerTokenCredentialPolicy(credential, f"{audience}/.default")
    return PipelineClient(url, policies=[signs_in], transport=way)


def vault(credential: "TokenCredential", transport: "HttpTransport[Any, Any] | None" = None) -> "KeyVaultSecrets":
    """Key Vault, as the operator."""
    from azure.keyvault.secrets import SecretClient

    from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets

    more: dict[str, Any] = {"retry_total": _RETRIES} | ({} if transport is None else {"transport": transport})
    return KeyVaultSecrets(lambda url: SecretClient(url, credential, **more))
