"""Twin service (L4 on Google Cloud, which has none): the engine behind one URL, by paths; also a native call.

Every call is a POST with a JSON object, and the token header; docs/twin_service.md and ``POST /openapi`` say which
there are. Natively the same object carries its path under ``path``.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.twin_graph import TwinModel
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.functions.twins.engine import Readers, TwinEngine
from twin2multicloud.functions.twins.twin_api import ROUTES, TwinApi
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.wire.calls import serve
from twin2multicloud.wire.environment import optional_env, require_env
from twin2multicloud.wire.http import Request, Response
from twin2multicloud.wire.receiver import admit

PREFIX = "/twin-service"


def build(parts: Parts) -> Function:
    """HTTP with the token, or a native call -> the graph, and the readers of L3-hot's cloud or their connectors."""
    ports = parts.ports
    engine = TwinEngine(TwinModel(ports.hierarchy, ports.catalog), ports.functions, _readers(parts), ports.clock)
    service = TwinService(TwinApi(engine))
    handlers: dict[Trigger, Handler] = {Trigger.CALL: service.called}
    if optional_env(parts.env, "HAS_ENDPOINT") is not None:
        handlers[Trigger.HTTP] = service.endpoint(parts.tokens)
    return parts.function(handlers)


def _readers(parts: Parts) -> Readers:
    connector = optional_env(parts.env, "DIGITAL_TWIN_DATA_CONNECTOR_NAME")
    if connector is not None:
        return Readers(connector, require_env(parts.env, "DIGITAL_TWIN_DATA_CONNECTOR_LAST_ENTRY_NAME"))
    return Readers(require_env(parts.env, "HOT_READER_NAME"), require_env(parts.env, "HOT_READER_LAST_ENTRY_NAME"))


class TwinService:
    """From paths to the calls of the API."""

    def __init__(self, api: TwinApi) -> None:
        self._api = api

    def called(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """A native call: its path, and the parameters beside it. Raises FinalError (400, 404)."""
        path = arguments.get("path")
        if not isinstance(path, str):
            raise FinalError("path is missing; a native call names one, such as /entities", 400)
        return self._answer(path, {key: value for key, value in arguments.items() if key != "path"})

    def endpoint(self, tokens: tuple[str, ...]) -> Callable[[Request], Response]:
        """The same over HTTP, for callers with the token; a native call too comes by the URL, and names its path."""

        def answer(request: Request) -> Response:
            path = request.path.removeprefix(PREFIX).strip("/")
            call = partial(self._answer, path) if path else self.called
            return admit(request, tokens) or serve(call, request)

        return answer

    def _answer(self, path: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        steps = path.strip("/").split("/")
        for route in ROUTES:
            names = route.match(steps)
            if names is None:
                continue
            try:
                parameters = msgspec.convert(arguments, route.parameters)
            except msgspec.ValidationError as error:
                raise FinalError(f"{route.path}: {error}", 400) from error
            answer: Mapping[str, Any] = _as_json(route.call(self._api, names, parameters))
            return answer
        known = ", ".join(route.path for route in ROUTES)
        raise FinalError(f"the twin service has no path {path[:80]!r}; it has {known}", 404)


def _as_json(answer: object) -> Mapping[str, Any]:
    """An answer as what it is after its way as JSON: a native caller and one over HTTP see the same."""
    plain: Mapping[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    return plain
