"""Azure Resource Manager, of ours, as far as it tells an app's keys: where azure-core's transport would open a socket.

Shapes: learn.microsoft.com/rest/api/appservice/web-apps/list-host-keys (2024-04-01), and its common error response.
"""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest

from tests.rigs.vendor_azure_transport import Answer, ServedAdapter

HOST = "management.azure.com"


class ManagementAdapter(ServedAdapter):
    """Tells the keys of one app. Who asks may list them where there are any."""

    def __init__(self, app_id: str, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._app_id, self.keys = app_id, dict(keys)

    def answered(self, request: PreparedRequest) -> Answer:
        url = urlsplit(request.url or "")
        if request.headers.get("Authorization") != "Bearer a-token-of-the-rig":
            return _refusal(401, "AuthenticationFailed", "Authentication failed.")
        if (request.method, url.netloc) != ("POST", HOST) or parse_qs(url.query) != {"api-version": ["2024-04-01"]}:
            return _refusal(400, "BadRequest", f"{request.method} {request.url}")
        if url.path != f"{self._app_id}/host/default/listkeys":
            return _refusal(404, "ResourceNotFound", f"{url.path} was not found.")
        if not self.keys:
            said = "does not have authorization to perform action 'Microsoft.Web/sites/host/listkeys/action'"
            return _refusal(403, "AuthorizationFailed", f"The client 'somebody' {said}.")
        found = {"masterKey": "the-master-key", "functionKeys": self.keys, "systemKeys": {}}
        return 200, {}, json.dumps(found).encode()


def _refusal(status: int, code: str, message: str) -> Answer:
    return status, {}, json.dumps({"error": {"code": code, "message": message}}).encode()
