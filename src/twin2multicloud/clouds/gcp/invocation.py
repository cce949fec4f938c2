"""Native calls on Google Cloud: a POST to the function's service, with an ID token or the token. Ships in no bundle.

Where the function is an endpoint it is open, and asks for the token between clouds itself. Elsewhere Cloud Run lets in
whoever has ``run.routes.invoke`` (roles/run.invoker) and shows an ID token whose audience is the service's URL
(cloud.google.com/run/docs/authenticating/service-to-service). Who can have one: a service account by its key or on
Google's own machines, whoever impersonates one, and a user, whose ID token's audience is gcloud's client and not the
service: Cloud Run takes it all the same (…/run/docs/authenticating/developers; googleapis/google-auth-library-java,
pull request 469). An identity of another provider (workload identity federation) has none of its own.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from twin2multicloud.clouds.gcp.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.hosting.rotation import CachedSecret
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.calls import post, token_header

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport import Request


class CloudRunInvocation:
    """An `Invocation`. `urls` by function, of which `endpoints` ask for the token between clouds.

    `identity` makes an ID token for an audience; `token` gives the text of the token's secret. Each is
    asked when needed.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        endpoints: frozenset[str],
        transport: Transport,
        identity: Callable[[str], str],
        token: Callable[[], str],
    ) -> None:
        self._urls, self._endpoints, self._transport = urls, endpoints, transport
        self._identity, self._token = identity, token

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`."""
        url = self._urls.get(function)
        if url is None:
            raise ConfigurationError(f"{function}: no such function is deployed on Google Cloud")
        if function in self._endpoints:
            headers = token_header(self._token())
        else:
            headers = {"authorization": f"Bearer {self._identity(url)}"}
        return post(self._transport, url, headers, function, arguments)


class OperatorIdentity:
    """ID tokens of the application default credentials. `request` is google-auth's transport."""

    def __init__(self, request: "Request") -> None:
        self._request = request
        self._made: dict[str, Credentials] = {}

    def __call__(self, audience: str) -> str:
        """A token for that audience, kept while it is valid. Raises ConfigurationError, RetryableError."""
        with domain_errors("signing in to Google Cloud"):
            if audience not in self._made:
                self._made[audience] = self._credentials(audience)
            credentials = self._made[audience]
            if not credentials.valid:
                self._refresh(credentials)
        token = getattr(credentials, "id_token", None) if _is_user(credentials) else credentials.token
        if not token:
            raise ConfigurationError("these credentials have no ID token: `gcloud auth application-default login`")
        return str(token)

    def _refresh(self, credentials: "Credentials") -> None:
        try:
            credentials.refresh(self._request)  # type: ignore[no-untyped-call]  # Google's has no types
        except OSError as error:  # impersonation has a session of its own, whose errors are those of requests
            raise RetryableError(f"signing in to Google Cloud: no answer ({type(error).__name__})") from error

    def _credentials(self, audience: str) -> "Credentials":
        import google.auth
        from google.auth import impersonated_credentials
        from google.oauth2 import id_token

        found, _ = google.auth.default(request=self._request)
        if _is_user(found):
            return found
        if isinstance(found, impersonated_credentials.Credentials):
            return impersonated_credentials.IDTokenCredentials(found, target_audience=audience, include_email=True)  # type: ignore[no-untyped-call]  # Google's has no types
        made: Credentials = id_token.fetch_id_token_credentials(audience, self._request)  # type: ignore[no-untyped-call]  # Google's has no types
        return made


def _is_user(credentials: "Credentials") -> bool:
    from google.oauth2.credentials import Credentials as UserCredentials

    return isinstance(credentials, UserCredentials)


def open_invocation(outputs: Mapping[str, Any]) -> CloudRunInvocation:
    """The functions of a deployed twin, by its outputs.

    ``gcp_called`` are URLs by function, ``gcp_endpoints`` says which of them ask for the token, and
    ``gcp_token_secret`` names its secret. Signs in with the application default credentials. Raises ConfigurationError
    where Google's libraries are not installed.
    """
    try:
        from google.auth.transport.requests import Request
    except ImportError as error:
        raise ConfigurationError(
            "calling functions on Google Cloud needs google-auth: pip install 'twin2multicloud[gcp]'"
        ) from error
    from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets, secret_manager
    from twin2multicloud.wire.http_transport import HttpTransport

    urls = outputs["gcp_called"]
    endpoints = frozenset(outputs.get("gcp_endpoints", {})) & frozenset(urls)
    secrets = SecretManagerSecrets(cache(secret_manager))
    token = CachedSecret(secrets, str(outputs.get("gcp_token_secret", "")), SystemClock(), lambda _: None)
    return CloudRunInvocation(urls, endpoints, HttpTransport(), OperatorIdentity(Request()), token.read)
