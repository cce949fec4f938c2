"""Azure Digital Twins as functions write it: a twin's properties with their source times, by JSON Patch.

``GET`` and ``PATCH /digitaltwins/{id}``, api-version 2023-10-31 (learn.microsoft.com, rest/api/digital-twins/dataplane/
twins). The value is added, which replaces one that is there; its source time is set beside it in the same patch, since
the old one would stay. Over azure-core alone: the service's own SDK would be a third of a bundle for two requests.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.ports.twin_graph import ChangedError, Measured, TwinState

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest, HttpResponse

    Client = PipelineClient[HttpRequest, HttpResponse]

AUDIENCE = "https://digitaltwins.azure.net"
VERSION = "2023-10-31"
_NO_TWIN, _CHANGED = 404, 412
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class DigitalTwins:
    """A `TwinGraph`. `client` signs in for `AUDIENCE`."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def state(self, twin_id: str) -> TwinState:
        """See `ports.twin_graph.TwinGraph.state`."""
        answer = self._asked("GET", twin_id)
        try:
            twin = _decode(answer.content)
            metadata = twin.get("$metadata", {})
            times = {name: canonical(each["sourceTime"]) for name, each in metadata.items() if _is_timed(each)}
            return TwinState(twin["$etag"], _scalars(twin), times)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError) as error:
            raise RetryableError(f"twin {twin_id}: the endpoint did not answer as Azure Digital Twins") from error

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:
        """See `ports.twin_graph.TwinGraph.update`."""
        patch = [{"op": "add", "path": f"/{name}", "value": each.value} for name, each in values.items()]
        patch += [
            {"op": "replace", "path": f"/$metadata/{name}/sourceTime", "value": each.time}
            for name, each in values.items()
        ]
        headers = {"content-type": "application/json-patch+json", "if-match": version}
        answer = self._asked("PATCH", twin_id, headers, msgspec.json.encode(patch))
        found = str(answer.headers.get("etag", ""))
        return found or self.state(twin_id).version

    def _asked(
        self, method: str, twin_id: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Any:  # noqa: ANN401 - azure-core's answer
        from azure.core.rest import HttpRequest

        url = self._client.format_url(f"/digitaltwins/{quote(twin_id, safe='')}")
        request = HttpRequest(method, url, params={"api-version": VERSION}, headers=dict(headers or {}), content=body)
        doing = f"twin {twin_id}"
        with domain_errors(doing):
            answer = self._client.send_request(request)
        if answer.status_code == _CHANGED:
            raise ChangedError(f"{doing} was changed by somebody else")
        if answer.status_code == _NO_TWIN:
            raise FinalError(f"{doing} is not there", _NO_TWIN)
        if answer.status_code >= 300:
            raise by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
        return answer


def _is_timed(about: object) -> bool:
    return isinstance(about, Mapping) and "sourceTime" in about


def _scalars(twin: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in twin.items()
        if not name.startswith("$") and isinstance(value, str | int | float | bool)
    }
