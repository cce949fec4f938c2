"""What the Azure SDKs' requests go through in rigs: faults as told, and what cosmosdb-server or an emulator lacks.

It sits under azure-core's own transport, where `requests` would open a socket, so that all of the SDK is in play.
Shapes: learn.microsoft.com, "HTTP status codes for Azure Cosmos DB", "Transactional batch operations" (200 with a
status for each operation, or 207 with 424 for those that were not to blame), Key Vault's REST reference.
"""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

Answer = tuple[int, Mapping[str, str], bytes]


class FaultyAdapter(HTTPAdapter):
    """Before a request goes out, the next of `faults` happens instead: an exception, an answer, or nothing (None).

    `seen` counts the requests that may fail; those that only look around (GET) are left alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Exception | Answer | None] = []
        self.seen = 0

    def transport(self) -> RequestsTransport:
        session = Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, self)
        return RequestsTransport(session=session, session_owner=True)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if self.spares(request):
            return self.pass_on(request, **kwargs)
        self.seen += 1
        if not self.faults:
            return self.pass_on(request, **kwargs)
        fault = self.faults.pop(0)
        if fault is None:
            return self.pass_on(request, **kwargs)
        if isinstance(fault, Exception):
            raise fault
        return self.answer(request, *fault)

    def spares(self, request: PreparedRequest) -> bool:
        return request.method == "GET"

    def pass_on(self, request: PreparedRequest, **kwargs: Any) -> Response:
        return super().send(request, **kwargs)

    def answer(self, request: PreparedRequest, status: int, headers: Mapping[str, str], body: bytes) -> Response:
        made = Response()
        made.status_code, made.reason = status, "told so"
        made.headers = CaseInsensitiveDict({"content-type": "application/json", **headers})
        made.raw = HTTPResponse(BytesIO(body), dict(made.headers), status, preload_content=False)
        made.request, made.url = request, request.url or ""
        return made


class CosmosAdapter(FaultyAdapter):
    """Takes a batch apart for cosmosdb-server, which knows none, and answers as Cosmos DB does."""

    def pass_on(self, request: PreparedRequest, **kwargs: Any) -> Response:
        if request.headers.get("x-ms-cosmos-is-batch-request") != "True":
            return super().pass_on(request, **kwargs)
        body = _text(request)
        operations = json.loads(body)
        assert len(operations) <= 100, "Cosmos DB takes 100 operations in a batch"
        assert len(body.encode()) <= 2_000_000, "Cosmos DB takes 2 MB in a request"
        results = [{"statusCode": self._one(request, each, kwargs)} for each in operations]
        failed = any(each["statusCode"] >= 400 for each in results)
        return self.answer(request, 207 if failed else 200, {}, json.dumps(results).encode())

    def _one(self, batch: PreparedRequest, operation: Mapping[str, Any], kwargs: dict[str, Any]) -> int:
        """One operation as a request of its own. (So nothing is rolled back here: that is Cosmos DB's.)"""
        one = batch.copy()
        for name in [each for each in one.headers if each.lower().startswith("x-ms-cosmos-")]:
            del one.headers[name]
        if operation["operationType"] == "Delete":
            one.prepare_method("DELETE")
            one.url = f"{(batch.url or '').rstrip('/')}/{quote(operation['id'], safe='')}"
            one.prepare_body(b"", None)
        else:
            assert operation["operationType"] == "Upsert", operation
            one.headers["x-ms-documentdb-is-upsert"] = "True"
            one.prepare_body(json.dumps(operation["resourceBody"]).encode(), None)
        with super().pass_on(one, **kwargs) as reply:
            assert reply.content is not None
            return reply.status_code


class ServedAdapter(FaultyAdapter):
    """Sends nothing: `answered` is the whole service."""

    def spares(self, request: PreparedRequest) -> bool:
        return False

    def pass_on(self, request: PreparedRequest, **kwargs: Any) -> Response:
        return self.answer(request, *self.answered(request))

    def answered(self, request: PreparedRequest) -> Answer:
        raise NotImplementedError


class KeyVaultAdapter(ServedAdapter):
    """A vault that asks who is there before it answers, as the real one does. `secrets` by name."""

    CHALLENGE = (
        'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", '
        'resource="https://vault.azure.net"'
    )

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}

    def answered(self, request: PreparedRequest) -> Answer:
        if "Authorization" not in request.headers:
            return 401, {"WWW-Authenticate": self.CHALLENGE}, _error("Unauthorized", "AKV10000: Bearer token missing")
        name = urlsplit(request.url or "").path.split("/")[2]
        if name not in self.secrets:
            return 404, {}, _error("SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        found = {"value": self.secrets[name], "id": f"https://house.vault.azure.net/secrets/{name}/1", "attributes": {}}
        return 200, {}, json.dumps(found).encode()


def _text(request: PreparedRequest) -> str:
    body = request.body or b""
    return body if isinstance(body, str) else bytes(body).decode()


def _error(code: str, message: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()
