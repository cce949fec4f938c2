"""Native calls of one function on Google Cloud to another: a POST to its service with the account's ID token.

The audience is the service's URL (cloud.google.com/run/docs/authenticating/service-to-service). A service that is an
endpoint too asks for the token between clouds, which goes along where the caller has one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from twin2multicloud.clouds.gcp.sdk_errors import domain_errors
from twin2multicloud.ports.transport import Transport
from twin2multicloud.wire.calls import post, token_header


class ServiceCalls:
    """An `Invocation` whose functions are named by their services' URLs. `identity` makes an ID token for a URL."""

    def __init__(self, transport: Transport, identity: Callable[[str], str], token: str | None) -> None:
        self._transport, self._identity = transport, identity
        self._headers = token_header(token) if token else {}

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `ports.invocation.Invocation.call`."""
        headers = {**self._headers, "authorization": f"Bearer {self._identity(function)}"}
        return post(self._transport, function, headers, function, arguments)


def service_account() -> Callable[[str], str]:
    """ID tokens of the function's own service account, each kept while it is valid."""
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    request = Request()
    made: dict[str, Any] = {}

    def identity(audience: str) -> str:
        with domain_errors("signing in to Google Cloud"):
            if audience not in made:
                made[audience] = id_token.fetch_id_token_credentials(audience, request)  # type: ignore[no-untyped-call]  # Google's has no types
            if not made[audience].valid:
                made[audience].refresh(request)
        return str(made[audience].token)

    return identity
