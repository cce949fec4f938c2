"""azure-core transports for rigs: one that fails as it is told to, and one that adds what cosmosdb-server lacks.

The real service's shapes: learn.microsoft.com, "HTTP status codes for Azure Cosmos DB" and "Transactional batch
operations"; a batch answers 200 with a status for each operation, or 207 with 424 for those that were not to blame.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from azure.core.pipeline.transport import HttpRequest, HttpResponse, RequestsTransport
from requests.structures import CaseInsensitiveDict

_BATCH = "x-ms-cosmos-is-batch-request"


class Answer(HttpResponse):
    """An answer that no service gave."""

    def __init__(self, request: HttpRequest, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(request, None)
        self.status_code, self.reason = status, "told so"
        self.headers = CaseInsensitiveDict({"content-type": "application/json", **headers})
        self.content_type = "application/json"
        self._body = body

    def body(self) -> bytes:
        return self._body


class FaultyTransport(RequestsTransport):  # type: ignore[misc]  # its types are only there with requests-stubs
    """Before a request goes out, the next of `faults` happens instead: an exception, or a status with headers.

    `spare` says which requests are left alone; `seen` counts the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Exception | tuple[int, Mapping[str, str], bytes]] = []
        self.seen = 0

    def spare(self, request: HttpRequest) -> bool:
        return request.method == "GET"

    def send(self, request: HttpRequest, **kwargs: Any) -> Any:
        if self.spare(request):
            return super().send(request, **kwargs)
        self.seen += 1
        if not self.faults:
            return self.pass_on(request, **kwargs)
        fault = self.faults.pop(0)
        if isinstance(fault, Exception):
            raise fault
        return Answer(request, *fault)

    def pass_on(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().send(request, **kwargs)


class CosmosTransport(FaultyTransport):
    """Takes a batch apart for cosmosdb-server, which knows none, and answers as Cosmos DB does."""

    def pass_on(self, request: HttpRequest, **kwargs: Any) -> Any:
        if request.headers.get(_BATCH) != "True":
            return super().pass_on(request, **kwargs)
        body = str(request.data)
        operations = json.loads(body)
        assert len(operations) <= 100, "Cosmos DB takes 100 operations in a batch"
        assert len(body.encode()) <= 2_000_000, "Cosmos DB takes 2 MB in a request"
        results = [{"statusCode": self._one(request, each, kwargs)} for each in operations]
        failed = any(each["statusCode"] >= 400 for each in results)
        return Answer(request, 207 if failed else 200, {}, json.dumps(results).encode())

    def _one(self, batch: HttpRequest, operation: Mapping[str, Any], kwargs: dict[str, Any]) -> int:
        """One operation as a request of its own. (So nothing is rolled back here: that is Cosmos DB's.)"""
        headers = {name: value for name, value in batch.headers.items() if not name.lower().startswith("x-ms-cosmos-")}
        headers.pop("Content-Length", None)
        if operation["operationType"] == "Delete":
            request = HttpRequest("DELETE", f"{batch.url.rstrip('/')}/{quote(operation['id'], safe='')}", headers)
        else:
            assert operation["operationType"] == "Upsert", operation
            request = HttpRequest("POST", batch.url, {**headers, "x-ms-documentdb-is-upsert": "True"})
            request.data = json.dumps(operation["resourceBody"])
            request.headers["Content-Length"] = str(len(request.data))
        status: int = super().pass_on(request, **kwargs).status_code
        return status
