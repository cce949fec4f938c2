"""Azure Digital Twins over a running twin, for unmodified clients: its data plane, and where they get a token.

The instance holds the project's models, twins and relationships from the start, and what clients make beside them; the
twin-updater or the twin-writer writes what is measured. Clients refuse plain HTTP, so `t2mc up` opens a TLS port with a
certificate of its own. A token is asked for and not checked: the port is open to this machine only. Event routes are
kept and send nothing; telemetry is taken and, as in the service, not stored; jobs are refused by name.
"""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.adapters.twin_graph import LocalTwinGraph
from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError
from twin2multicloud.emulator.l4.digital_twins_graph import DigitalTwinsGraph
from twin2multicloud.emulator.l4.digital_twins_operations import ROOTS, operation_of
from twin2multicloud.emulator.l4.digital_twins_project import publish
from twin2multicloud.emulator.l4.digital_twins_query import parse
from twin2multicloud.emulator.l4.digital_twins_search import search
from twin2multicloud.emulator.l4.documents import Documents
from twin2multicloud.emulator.l4.face import Account, Alone, Told
from twin2multicloud.models import dtdl
from twin2multicloud.models.description import describe
from twin2multicloud.wire.http import Request, Response, json_response

VERSIONS = ("2023-10-31", "2022-05-31")
_AUDIENCE = "https://digitaltwins.azure.net"
_MSI, _KEY, _FOR_EVER = "/msi/token", "local", "4102444800"
_MOST_ROWS = 100
_NOTHING = b""


def environment(told: Told) -> dict[str, str]:
    """For azure-identity and azure-digitaltwins-core, in Python and JavaScript; a program reads ``ADT_URL`` itself."""
    if not told.tls_url:
        return {}
    return {
        "ADT_URL": told.tls_url,
        "IDENTITY_ENDPOINT": f"{told.url}{_MSI}",
        "IDENTITY_HEADER": _KEY,
        "REQUESTS_CA_BUNDLE": told.certificates,
        "NODE_EXTRA_CA_CERTS": told.certificate,
    }


_FILE = "digital-twins.sqlite"


def alone(given: Alone) -> "DigitalTwinsAlone":
    """An instance without a twin."""
    return DigitalTwinsAlone(Documents(given.folder / _FILE), given.now)


class DigitalTwinsAlone:
    """A `TwinService`: one instance."""

    def __init__(self, documents: Documents, now: Callable[[], str]) -> None:
        self._documents = documents
        self._instance = DigitalTwinsGraph(documents, now)

    def close(self) -> None:
        """See `TwinFace.close`."""
        self._documents.close()

    def knows(self, request: Request) -> bool:
        """See `TwinFace.knows`."""
        return request.path == _MSI or request.path.split("/")[1] in ROOTS

    def answer(self, request: Request) -> Response:
        """See `TwinFace.answer`."""
        try:
            if request.path == _MSI:
                return _token(request)
            found = operation_of(request.method, request.path)
            if found is None:
                raise ServiceError("NotImplemented", f"{request.method} {request.path} is no operation of the service.")
            name, names = found
            handler = _HANDLERS.get(name)
            if handler is None:
                raise ServiceError("NotImplemented", f"{name} is not emulated.")
            asked = _Asked(request)
            return handler(self._instance, asked, *names)
        except ServiceError as error:
            return _refusal(error.status, error.code, str(error))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _refusal(400, "InvalidArgument", f"The body is no JSON: {error}")
        except (LookupError, TypeError, AttributeError) as error:  # a part of the body is of another shape
            return _refusal(
                400, "InvalidArgument", f"The body is not what {request.method} {request.path} takes: {error}"
            )


class DigitalTwins(DigitalTwinsAlone):
    """A `TwinFace`: the instance of a running twin."""

    def __init__(self, account: Account) -> None:
        super().__init__(Documents(account.folder / _FILE), account.now)
        self.graph = LocalTwinGraph(self._instance)
        self.take(account.twin)

    def take(self, twin: Twin) -> None:
        """See `TwinFace.take`."""
        try:
            publish(self._instance, self._documents, dtdl.write(describe(twin)))
        except (FinalError, ServiceError) as error:
            logging.getLogger("t2mc.azure").warning("Azure Digital Twins lacks the project's twins: %s", error)


class _Asked:
    """What a request says beside its path. Raises ServiceError for one without a token or with an unknown version."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.query = parse_qs(request.query)
        version = self.query.get("api-version", [""])[0]
        if version not in VERSIONS:
            known = ", ".join(VERSIONS)
            raise ServiceError("UnsupportedApiVersion", f"api-version {version!r} is not emulated, only {known}.")
        if not request.headers.get("authorization", "").lower().startswith("bearer "):
            raise ServiceError("InvalidArgument", "The request has no bearer token; see IDENTITY_ENDPOINT in l4.env.")

    @property
    def body(self) -> Any:  # noqa: ANN401 - what a client sent
        return msgspec.json.decode(self._request.body or b"null")

    @property
    def version(self) -> str | None:
        return self._request.headers.get("if-match")

    @property
    def only_new(self) -> bool:
        return self._request.headers.get("if-none-match") == "*"

    @property
    def whole(self) -> bool:
        return self.query.get("includeModelDefinition", [""])[0].lower() == "true"

    @property
    def page_size(self) -> int:
        given = self._request.headers.get("max-items-per-page", "")
        return min(int(given), _MOST_ROWS) if given.isdecimal() and int(given) else _MOST_ROWS

    def require(self, header: str) -> None:
        if not self._request.headers.get(header):
            raise ServiceError("InvalidArgument", f"The header {header} is missing.")

    def page(self, rows: Sequence[Any]) -> Response:
        """A page of a list, and the link to the next one."""
        given = self.query.get("continuationToken", ["0"])[0]
        start = int(given) if given.isdecimal() else 0
        end = start + self.page_size
        more = urlencode({**self.query, "continuationToken": end}, doseq=True)
        host = self._request.headers.get("host", "")
        link = f"https://{host}{self._request.path}?{more}" if end < len(rows) else None
        return json_response(200, {"value": list(rows[start:end]), "nextLink": link})


# --- operations ------------------------------------------------------------------------------------------------------


def _add_models(graph: DigitalTwinsGraph, asked: _Asked) -> Response:
    return json_response(201, graph.add_models(asked.body))


def _models(graph: DigitalTwinsGraph, asked: _Asked) -> Response:
    roots = [one for each in asked.query.get("dependenciesFor", ()) for one in each.split(",")]
    return asked.page(graph.models(roots, whole=asked.whole))


def _model(graph: DigitalTwinsGraph, asked: _Asked, model_id: str) -> Response:
    return json_response(200, graph.model(model_id, whole=asked.whole))


def _update_model(graph: DigitalTwinsGraph, asked: _Asked, model_id: str) -> Response:
    graph.decommission(model_id, asked.body)
    return _done()


def _delete_model(graph: DigitalTwinsGraph, _: _Asked, model_id: str) -> Response:
    graph.delete_model(model_id)
    return _done()


def _twin(graph: DigitalTwinsGraph, _: _Asked, twin_id: str) -> Response:
    return _document(graph.twin(twin_id))


def _put_twin(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    return _document(graph.put_twin(twin_id, asked.body, only_new=asked.only_new))


def _patch_twin(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    return _done(graph.patch_twin(twin_id, asked.body, asked.version))


def _delete_twin(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    graph.delete_twin(twin_id, asked.version)
    return _done()


def _component(graph: DigitalTwinsGraph, _: _Asked, twin_id: str, name: str) -> Response:
    found = graph.component(twin_id, name)
    return json_response(200, found, {**_JSON, "etag": graph.twin(twin_id)["$etag"]})


def _patch_component(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str, name: str) -> Response:
    return _done(graph.patch_component(twin_id, name, asked.body, asked.version))


def _telemetry(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    graph.twin(twin_id)
    asked.require("message-id")
    return _done()


def _component_telemetry(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str, name: str) -> Response:
    graph.component(twin_id, name)
    asked.require("message-id")
    return _done()


def _relationships(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    return asked.page(graph.relationships(twin_id, asked.query.get("relationshipName", [None])[0]))


def _incoming(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str) -> Response:
    rows = [
        {
            "$relationshipId": each["$relationshipId"],
            "$sourceId": each["$sourceId"],
            "$relationshipName": each["$relationshipName"],
            "$relationshipLink": f"/digitaltwins/{each['$sourceId']}/relationships/{each['$relationshipId']}",
        }
        for each in graph.incoming(twin_id)
    ]
    return asked.page(rows)


def _relationship(graph: DigitalTwinsGraph, _: _Asked, twin_id: str, edge_id: str) -> Response:
    return _document(graph.relationship(twin_id, edge_id))


def _put_relationship(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str, edge_id: str) -> Response:
    return _document(graph.put_relationship(twin_id, edge_id, asked.body, only_new=asked.only_new))


def _patch_relationship(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str, edge_id: str) -> Response:
    return _done(graph.patch_relationship(twin_id, edge_id, asked.body, asked.version))


def _delete_relationship(graph: DigitalTwinsGraph, asked: _Asked, twin_id: str, edge_id: str) -> Response:
    graph.delete_relationship(twin_id, edge_id, asked.version)
    return _done()


def _query(graph: DigitalTwinsGraph, asked: _Asked) -> Response:
    body = asked.body if isinstance(asked.body, dict) else {}
    text, start = body.get("query"), 0
    if token := body.get("continuationToken"):
        text, start = _read_token(token)
    if not isinstance(text, str):
        raise ServiceError("SqlQueryError", "The query is missing.")
    rows = search(graph, parse(text))
    end = start + asked.page_size
    more = base64.b64encode(msgspec.json.encode([text, end])).decode() if end < len(rows) else None
    answer = {"value": rows[start:end], "continuationToken": more}
    return json_response(200, answer, {**_JSON, "query-charge": "0"})


def _read_token(token: Any) -> tuple[str, int]:  # noqa: ANN401 - what a client sent
    try:
        text, start = msgspec.json.decode(base64.b64decode(str(token)), type=tuple[str, int])
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError) as error:
        raise ServiceError("BadRequest", "The continuation token is invalid.") from error
    return text, start


def _routes(graph: DigitalTwinsGraph, asked: _Asked) -> Response:
    return asked.page(graph.routes())


def _route(graph: DigitalTwinsGraph, _: _Asked, route_id: str) -> Response:
    return json_response(200, graph.route(route_id))


def _put_route(graph: DigitalTwinsGraph, asked: _Asked, route_id: str) -> Response:
    graph.put_route(route_id, asked.body)
    return _done()


def _delete_route(graph: DigitalTwinsGraph, _: _Asked, route_id: str) -> Response:
    graph.delete_route(route_id)
    return _done()


_HANDLERS: Mapping[str, Callable[..., Response]] = {
    "DigitalTwinModels_Add": _add_models,
    "DigitalTwinModels_List": _models,
    "DigitalTwinModels_GetById": _model,
    "DigitalTwinModels_Update": _update_model,
    "DigitalTwinModels_Delete": _delete_model,
    "Query_QueryTwins": _query,
    "DigitalTwins_GetById": _twin,
    "DigitalTwins_Add": _put_twin,
    "DigitalTwins_Delete": _delete_twin,
    "DigitalTwins_Update": _patch_twin,
    "DigitalTwins_GetRelationshipById": _relationship,
    "DigitalTwins_AddRelationship": _put_relationship,
    "DigitalTwins_DeleteRelationship": _delete_relationship,
    "DigitalTwins_UpdateRelationship": _patch_relationship,
    "DigitalTwins_ListRelationships": _relationships,
    "DigitalTwins_ListIncomingRelationships": _incoming,
    "DigitalTwins_SendTelemetry": _telemetry,
    "DigitalTwins_SendComponentTelemetry": _component_telemetry,
    "DigitalTwins_GetComponent": _component,
    "DigitalTwins_UpdateComponent": _patch_component,
    "EventRoutes_List": _routes,
    "EventRoutes_GetById": _route,
    "EventRoutes_Add": _put_route,
    "EventRoutes_Delete": _delete_route,
}
EMULATED = frozenset(_HANDLERS)


# --- answers ---------------------------------------------------------------------------------------------------------

_JSON = {"content-type": "application/json; charset=utf-8"}


def _document(document: Mapping[str, Any]) -> Response:
    return json_response(200, document, {**_JSON, "etag": document["$etag"]})


def _done(version: str | None = None) -> Response:
    return Response(204, {} if version is None else {"etag": version}, _NOTHING)


def _refusal(status: int, code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": message, "details": []}}
    return json_response(status, body, {**_JSON, "x-ms-error-code": code})


def _token(request: Request) -> Response:
    """App Service's identity endpoint (2019-08-01), for the one resource that is here."""
    resource = parse_qs(request.query).get("resource", [""])[0]
    if request.headers.get("x-identity-header") != _KEY or resource.rstrip("/") != _AUDIENCE:
        return _refusal(400, "invalid_request", f"Only a token for {_AUDIENCE} can be had here, found {resource!r}.")
    return json_response(
        200, {"access_token": "local", "expires_on": _FOR_EVER, "resource": resource, "token_type": "Bearer"}, _JSON
    )
