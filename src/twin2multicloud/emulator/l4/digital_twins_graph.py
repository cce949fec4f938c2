"""An Azure Digital Twins instance: models, twins, components, relationships, event routes. Knows no HTTP.

Rules and codes: the REST reference of 2023-10-31 (in `azure-digitaltwins-core`), learn.microsoft.com digital-twins
(how-to-manage-twin, how-to-manage-graph, how-to-manage-model). Reads are consistent; the real service's queries lag by
up to ten seconds.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError
from twin2multicloud.emulator.l4.digital_twins_models import (
    check_models,
    check_value,
    check_values,
    contents,
    extended,
    kind_of,
    references,
)
from twin2multicloud.emulator.l4.digital_twins_patch import METADATA, patched
from twin2multicloud.emulator.l4.documents import Document, Documents

TWINS, MODELS, RELATIONSHIPS, ROUTES = "twins", "models", "relationships", "routes"
_ID = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%]{1,128}")
_SAID: tuple[str, ...] = ("displayName", "description")
_LARGEST_TWIN = 32 * 1024
_MOST_MODELS, _MOST_ROUTES = 250, 6  # of one call; of an instance
_OF_EDGES = ("$relationshipId", "$sourceId", "$targetId", "$relationshipName", "$etag")
Json = Mapping[str, Any]


class DigitalTwinsGraph:
    """The instance. `now` gives canonical stamps. Raises ServiceError."""

    def __init__(self, documents: Documents, now: Callable[[], str]) -> None:
        self._documents, self._clock = documents, now

    # --- models --------------------------------------------------------------------------------------------------

    def definition(self, model_id: str) -> Json | None:
        """The interface of that id."""
        found = self._documents.get(MODELS, model_id)
        return None if found is None else found["model"]

    def add_models(self, models: Any) -> list[Json]:  # noqa: ANN401 - what a client sent
        """Add interfaces that are new and valid, all or none; what the service says of each."""
        if not isinstance(models, list) or not 0 < len(models) <= _MOST_MODELS:
            raise ServiceError("InvalidArgument", f"Models are a list of 1 to {_MOST_MODELS}.")
        with self._documents.lock:
            for each in (new := check_models(models, self.definition)):
                about = {key: _texts(each[key]) for key in _SAID if key in each}
                about |= {"id": each["@id"], "uploadTime": self._now(), "decommissioned": False}
                self._documents.put(MODELS, each["@id"], {**about, "model": each})
        return [self.model(each["@id"], whole=False) for each in new]

    def model(self, model_id: str, *, whole: bool) -> Json:
        """A model; `whole`: with its interface."""
        found = self._documents.get(MODELS, model_id)
        if found is None:
            raise ServiceError("ModelNotFound", f"There is no Model(s) available that matches: {model_id}.")
        return found if whole else {key: value for key, value in found.items() if key != "model"}

    def models(self, roots: list[str], *, whole: bool) -> list[Json]:
        """All models, or those of the ids with all that they need."""
        if not roots:
            return [self.model(each["id"], whole=whole) for each in self._documents.all(MODELS)]
        found: dict[str, Json] = {}
        waiting = list(roots)
        while waiting:
            model_id = waiting.pop(0)
            if model_id not in found:
                found[model_id] = self.model(model_id, whole=whole)
                waiting += references(self.definition(model_id) or {})
        return list(found.values())

    def decommission(self, model_id: str, operations: Any) -> None:  # noqa: ANN401 - what a client sent
        """Set whether new twins may have a model: the one thing that can be patched."""
        found = self.model(model_id, whole=True)
        match operations:
            case [{"op": "replace", "path": "/decommissioned", "value": bool() as value}]:
                self._documents.put(MODELS, model_id, {**found, "decommissioned": value})
            case _:
                raise ServiceError("JsonPatchInvalid", "Only the decommissioned property of a model can be replaced.")

    def delete_model(self, model_id: str) -> None:
        """Remove a model that no other one needs; twins of it stay, and are valid again once it is back."""
        self.model(model_id, whole=False)
        for each in self._documents.all(MODELS):
            if model_id in references(each["model"]):
                raise ServiceError("ModelReferencesNotDeleted", f"The model {each['id']} refers to {model_id}.")
        self._documents.delete(MODELS, model_id)

    # --- twins ---------------------------------------------------------------------------------------------------

    def twin(self, twin_id: str) -> Document:
        """A twin as the API shows it."""
        found = self._documents.get(TWINS, _checked(twin_id))
        if found is None:
            raise ServiceError(
                "DigitalTwinNotFound", f"There is no digital twin instance that exists with the ID {twin_id}."
            )
        return found

    def put_twin(self, twin_id: str, body: Any, *, only_new: bool) -> Document:  # noqa: ANN401 - what a client sent
        """Make a twin, or replace it."""
        if not isinstance(body, dict) or not isinstance(body.get(METADATA), dict):
            raise ServiceError("InvalidArgument", "A digital twin is a JSON object with $metadata.$model.")
        with self._documents.lock:
            before = self._documents.get(TWINS, _checked(twin_id))
            if before is not None and only_new:
                raise ServiceError("PreconditionFailed", f"The digital twin {twin_id} exists already.")
            model_id = body[METADATA].get("$model")
            model = self._documents.get(MODELS, str(model_id))
            if model is None:
                raise ServiceError("InvalidArgument", f"The model {model_id} of {twin_id} is not there.")
            if model["decommissioned"] and (before is None or before[METADATA]["$model"] != model_id):
                raise ServiceError("ModelDecommissioned", f"The model {model_id} is decommissioned.")
            known = {**body[METADATA], "$model": model_id}
            return self._write(twin_id, {**body, METADATA: known}, fresh=True)

    def patch_twin(self, twin_id: str, operations: Any, version: str | None = None) -> str:  # noqa: ANN401 - see above
        """Patch a twin that has a version, where one is named; returns the new one."""
        with self._documents.lock:
            before = self.twin(twin_id)
            _require(before, version)
            return str(self._write(twin_id, patched(before, operations, self._now()))["$etag"])

    def delete_twin(self, twin_id: str, version: str | None = None) -> None:
        """Remove a twin that no relationship leaves or reaches."""
        with self._documents.lock:
            _require(self.twin(twin_id), version)
            if self.relationships(twin_id) or self.incoming(twin_id):
                raise ServiceError("RelationshipsNotDeleted", f"The digital twin {twin_id} has relationships.")
            self._documents.delete(TWINS, twin_id)

    def component(self, twin_id: str, name: str) -> Json:
        """A component of a twin."""
        twin = self.twin(twin_id)
        interface = self.definition(twin[METADATA]["$model"])
        element = contents(interface, self.definition).get(name) if interface is not None else None
        if element is None or kind_of(element) != "Component" or name not in twin:
            raise ServiceError("ComponentNotFound", f"The digital twin {twin_id} has no component {name}.")
        found: Json = twin[name]
        return found

    def patch_component(self, twin_id: str, name: str, operations: Any, version: str | None) -> str:  # noqa: ANN401 - what a client sent
        """Patch a component; returns the twin's new version."""
        self.component(twin_id, name)
        if not isinstance(operations, list):
            raise ServiceError("JsonPatchInvalid", "A JSON Patch is a list of operations.")
        below = [{**each, "path": f"/{name}{each.get('path', '')}"} for each in operations if isinstance(each, dict)]
        return self.patch_twin(twin_id, below, version)

    def twins(self) -> list[Document]:
        """All twins."""
        return self._documents.all(TWINS)

    def _write(self, twin_id: str, body: dict[str, Any], *, fresh: bool = False) -> Document:
        interface = self.definition(body[METADATA].get("$model", ""))
        if interface is None:
            raise ServiceError("ValidationFailed", f"The model {body[METADATA].get('$model')} is not there.")
        check_values(body, interface, self.definition)
        if fresh:
            _note_all(body, self._now())
        document = {**body, "$dtId": twin_id, "$etag": _etag(), METADATA: body[METADATA]}
        if len(msgspec.json.encode(document)) > _LARGEST_TWIN:
            raise ServiceError("ValidationFailed", f"The digital twin {twin_id} is over 32 KB.")
        self._documents.put(TWINS, twin_id, document)
        return document

    # --- relationships -------------------------------------------------------------------------------------------

    def relationships(self, twin_id: str, name: str | None = None) -> list[Json]:
        """What leaves a twin."""
        return self._edges("$sourceId", twin_id, name)

    def incoming(self, twin_id: str) -> list[Json]:
        """What reaches a twin."""
        return self._edges("$targetId", twin_id, None)

    def all_relationships(self) -> list[Document]:
        """All of them."""
        return self._documents.all(RELATIONSHIPS)

    def relationship(self, twin_id: str, edge_id: str) -> Document:
        """One relationship of a twin."""
        found = self._documents.get(RELATIONSHIPS, _edge_key(twin_id, edge_id))
        if found is None:
            raise ServiceError(
                "RelationshipNotFound", f"Relationship {edge_id} not found on the digital twin {twin_id}."
            )
        return found

    def put_relationship(self, twin_id: str, edge_id: str, body: Any, *, only_new: bool) -> Document:  # noqa: ANN401 - what a client sent
        """Make a relationship, or replace it."""
        with self._documents.lock:
            source = self.twin(twin_id)
            target, name = (body.get(key) if isinstance(body, dict) else None for key in _OF_EDGES[2:4])
            if not isinstance(target, str) or not isinstance(name, str):
                raise ServiceError("InvalidRelationship", "A relationship has $targetId and $relationshipName.")
            if self._documents.get(TWINS, target) is None:
                raise ServiceError("TargetTwinNotFound", f"There is no digital twin {target}.")
            if only_new and self._documents.get(RELATIONSHIPS, _edge_key(twin_id, _checked(edge_id))) is not None:
                raise ServiceError("PreconditionFailed", f"The relationship {edge_id} exists already.")
            self._check_edge(source, name, target, body)
            return self._write_edge(twin_id, edge_id, {**body, "$targetId": target, "$relationshipName": name})

    def patch_relationship(self, twin_id: str, edge_id: str, operations: Any, version: str | None) -> str:  # noqa: ANN401 - what a client sent
        """Patch a relationship's properties; returns its new version."""
        with self._documents.lock:
            before = self.relationship(twin_id, edge_id)
            _require(before, version)
            changed = patched(before, operations, self._now())
            changed.pop(METADATA, None)
            if any(changed.get(key) != before[key] for key in _OF_EDGES[:4]):
                raise ServiceError("JsonPatchInvalid", "What a relationship joins cannot be patched.")
            self._check_edge(self.twin(twin_id), before["$relationshipName"], before["$targetId"], changed)
            return str(self._write_edge(twin_id, edge_id, changed)["$etag"])

    def delete_relationship(self, twin_id: str, edge_id: str, version: str | None) -> None:
        """Remove a relationship."""
        _require(self.relationship(twin_id, edge_id), version)
        self._documents.delete(RELATIONSHIPS, _edge_key(twin_id, edge_id))

    def _edges(self, end: str, twin_id: str, name: str | None) -> list[Json]:
        self.twin(twin_id)
        found = self._documents.all(RELATIONSHIPS)
        return [each for each in found if each[end] == twin_id and name in (None, each["$relationshipName"])]

    def _check_edge(self, source: Json, name: str, target: str, body: Json) -> None:
        interface = self.definition(source[METADATA]["$model"])
        element = contents(interface, self.definition).get(name) if interface is not None else None
        if interface is None or element is None or kind_of(element) != "Relationship":
            raise ServiceError("InvalidRelationship", f"The model of {source['$dtId']} has no relationship {name}.")
        wanted = element.get("target")
        if wanted is not None and not self.is_of_model(self.twin(target), str(wanted)):
            raise ServiceError("InvalidRelationship", f"{name} leads to twins of {wanted}, which {target} is not.")
        declared = {each["name"]: each.get("schema") for each in element.get("properties", ())}
        for key, value in body.items():
            if key.startswith("$"):
                continue
            if key not in declared:
                raise ServiceError("ValidationFailed", f"The relationship {name} has no property {key}.")
            check_value(value, declared[key], interface, f"/{key}")

    def _write_edge(self, twin_id: str, edge_id: str, body: Json) -> Document:
        document = {**body, "$relationshipId": _checked(edge_id), "$sourceId": twin_id, "$etag": _etag()}
        self._documents.put(RELATIONSHIPS, _edge_key(twin_id, edge_id), document)
        return document

    # --- event routes --------------------------------------------------------------------------------------------

    def routes(self) -> list[Document]:
        """The event routes. They are kept; nothing is sent over them."""
        return self._documents.all(ROUTES)

    def route(self, route_id: str) -> Document:
        """One event route."""
        found = self._documents.get(ROUTES, route_id)
        if found is None:
            raise ServiceError("EventRouteNotFound", f"There is no event route {route_id}.")
        return found

    def put_route(self, route_id: str, body: Any) -> None:  # noqa: ANN401 - what a client sent
        """Make a route, or replace it."""
        if not isinstance(body, dict) or not isinstance(body.get("endpointName"), str):
            raise ServiceError("EventRouteEndpointInvalid", "An event route has an endpointName.")
        if self._documents.get(ROUTES, route_id) is None and len(self.routes()) >= _MOST_ROUTES:
            raise ServiceError("LimitExceeded", f"An instance has at most {_MOST_ROUTES} event routes.")
        self._documents.put(ROUTES, route_id, {"id": route_id, "filter": "true", **body})

    def delete_route(self, route_id: str) -> None:
        """Remove a route."""
        self.route(route_id)
        self._documents.delete(ROUTES, route_id)

    # --- parts ---------------------------------------------------------------------------------------------------

    def is_of_model(self, twin: Json, model_id: str, *, exact: bool = False) -> bool:
        """Whether a twin's model is one, a later version of it, or extends such a one."""
        own = twin[METADATA]["$model"]
        if exact:
            return bool(own == model_id)
        return any(_at_least(each, model_id) for each in self._line(own))

    def _line(self, model_id: str) -> list[str]:
        found, waiting = [], [model_id]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.append(one)
                waiting += extended(self.definition(one) or {})
        return found

    def _now(self) -> str:
        return f"{self._clock()[:-1]}0000Z"  # seven digits, as the service has them


def _checked(key: str) -> str:
    if not _ID.fullmatch(key):
        raise ServiceError("InvalidArgument", f"{key[:200]!r} is not a valid id.")
    return key


def _edge_key(twin_id: str, edge_id: str) -> str:
    return f"{twin_id} {edge_id}"  # no id has a space


def _etag() -> str:
    return f'W/"{uuid.uuid4()}"'


def _require(document: Json, version: str | None) -> None:
    if version not in (None, "*", document["$etag"]):
        raise ServiceError("PreconditionFailed", "The entity has another ETag than If-Match says.")


def _note_all(holder: dict[str, Any], now: str) -> None:
    """When each property of a new twin was updated; a component has `$metadata` of its own."""
    metadata = dict(holder.get(METADATA, {}))
    for name, value in holder.items():
        if name.startswith("$"):
            continue
        if isinstance(value, dict) and METADATA in value:
            holder[name] = inner = dict(value)
            _note_all(inner, now)
        else:
            metadata[name] = {**metadata.get(name, {}), "lastUpdateTime": now}
    holder[METADATA] = metadata


def _texts(text: Any) -> Any:  # noqa: ANN401 - a text, or texts by language
    return {"en": text} if isinstance(text, str) else text


def _at_least(model_id: str, other: str) -> bool:
    """Whether a model is another one, or a later version of it."""
    name, _, version = model_id.partition(";")
    wanted, _, least = other.partition(";")
    return name == wanted and version.isdecimal() and least.isdecimal() and int(version) >= int(least)
