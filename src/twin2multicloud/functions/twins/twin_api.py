"""The calls of the twin service as a table: path, parameters, answer. The routes and the OpenAPI document come from it.

Answers are lists of flat rows, so that a table or a panel can show them as they are. A list has at most `limit`
rows and a ``nextToken`` while there are more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.twin_graph import EntityModel, properties_of
from twin2multicloud.functions.twins.engine import PropertyNow, TwinEngine
from twin2multicloud.functions.twins.twin_shapes import (
    MOST_ROWS,
    Asked,
    ComponentRow,
    Components,
    Described,
    Entities,
    EntitiesAsked,
    EntityRow,
    History,
    HistoryAsked,
    Match,
    Matches,
    Nothing,
    Page,
    Point,
    PropertyRow,
    QueryAsked,
    Relationships,
    State,
    StateAsked,
    TypeRow,
    Types,
)


class TwinApi:
    """The calls. Raises FinalError (400, 404), and what readers raise."""

    def __init__(self, engine: TwinEngine) -> None:
        self._engine = engine

    def entities(self, _: Sequence[str], asked: EntitiesAsked) -> Entities:
        """Lists entities, parents first."""
        found: Iterator[EntityModel] = self._engine.model.entities()
        if asked.parent is not None:
            found = map(self._engine.entity, self._engine.entity(asked.parent).children)
        rows = [_entity(each) for each in found if asked.type is None or self._has(each.id, asked.type)]
        page, token = _page(rows, asked)
        return Entities(entities=page, next_token=token)

    def entity(self, names: Sequence[str], _: Nothing) -> EntityRow:
        """Shows one entity."""
        return _entity(self._engine.entity(names[0]))

    def components(self, names: Sequence[str], asked: Page) -> Components:
        """Lists the components of an entity: named ones, then the members of its groups."""
        entity = self._engine.entity(names[0])
        pairs, token = self._components(iter([entity]), asked)
        rows = [ComponentRow(entity=at, name=one.name, type=one.type, device=one.device) for at, one in pairs]
        return Components(components=rows, next_token=token)

    def component(self, names: Sequence[str], _: Nothing) -> Described:
        """Shows one component with its properties."""
        one = self._engine.component(names[0], names[1])
        rows = [
            PropertyRow(name=each.name, data_type=each.data_type.value, unit=each.unit, constant=each.constant)
            for each in one.properties
        ]
        return Described(entity=names[0], name=one.name, type=one.type, device=one.device, properties=rows)

    def relationships(self, names: Sequence[str], _: Nothing) -> Relationships:
        """Lists the relationships of an entity, in both directions."""
        model, entity = self._engine.model, self._engine.entity(names[0])
        return Relationships(outgoing=model.relationships(entity.id), incoming=model.incoming(entity.id))

    def state(self, names: Sequence[str], asked: StateAsked) -> State:
        """Reads the current values of a component, with their times and ages."""
        values = self._engine.state(names[0], names[1], asked.properties)
        return State(entity=names[0], component=names[1], properties=values)

    def history(self, names: Sequence[str], asked: HistoryAsked) -> History:
        """Reads the history of a component's properties."""
        request = {
            "selectedProperties": asked.properties,
            "startTime": asked.start_time,
            "endTime": asked.end_time,
            "orderByTime": asked.order_by_time,
            "every": asked.every,
            "aggregate": asked.aggregate,
            "maxResults": asked.max_results,
            "nextToken": asked.next_token,
        }
        answer = self._engine.history(names[0], names[1], request)
        points = [
            Point(
                property=series["entityPropertyReference"]["propertyName"],
                time=each["time"],
                value=next(iter(each["value"].values())),
            )
            for series in answer["propertyValues"]
            for each in series["values"]
        ]
        return History(entity=names[0], component=names[1], points=points, next_token=answer["nextToken"])

    def types(self, _: Sequence[str], __: Nothing) -> Types:
        """Lists the component types with their properties and units."""
        return Types(
            types=[
                TypeRow(
                    type=each.name,
                    properties=[
                        PropertyRow(name=one.name, data_type=one.data_type.value, unit=one.unit, constant=one.constant)
                        for one in properties_of(each)
                    ],
                )
                for each in self._engine.model.types
            ]
        )

    def query(self, _: Sequence[str], asked: QueryAsked) -> Matches:
        """Finds components by place, type, current values and staleness."""
        for each in asked.where:
            if each.is_ not in _COMPARISONS:
                raise FinalError(f"is must be one of {', '.join(_COMPARISONS)}, found {each.is_[:20]!r}", 400)
        engine = self._engine
        entities = engine.below(asked.below) if asked.below is not None else engine.model.entities()
        pairs, token = self._components(entities, asked)
        matches = []
        for entity, one in pairs:
            if asked.type is not None and one.type != asked.type:
                continue
            if any(one.property(each.property) is None for each in asked.where):
                continue
            values = engine.state(entity, one.name)
            if _holds(values, asked):
                matches.append(Match(entity=entity, component=one.name, type=one.type, properties=values))
        return Matches(matches=matches, next_token=token)

    def openapi(self, _: Sequence[str], __: Nothing) -> Mapping[str, Any]:
        """Describes this service as OpenAPI 3.1."""
        return openapi()

    def _components(self, entities: Iterator[EntityModel], asked: Page) -> tuple[list[Any], str | None]:
        limit, start = _limit(asked), _start(asked)
        pairs = self._engine.components_of(entities, str(start), limit + 1)
        return pairs[:limit], str(start + limit) if len(pairs) > limit else None

    def _has(self, entity_id: str, type_name: str) -> bool:
        model = self._engine.model
        return any(each.type == type_name for each in model.components(entity_id, limit=MOST_ROWS))


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One call: ``/entities/{entity}/…``, its parameters, its answer and who answers it."""

    path: str
    parameters: type[Asked]
    answer: type
    call: Callable[[TwinApi, Sequence[str], Any], Any]

    def match(self, steps: Sequence[str]) -> list[str] | None:
        """The values of the path's names, if it is this route's."""
        own = self.path.strip("/").split("/")
        if len(own) != len(steps):
            return None
        if any(not mine.startswith("{") and mine != theirs for mine, theirs in zip(own, steps, strict=True)):
            return None
        return [theirs for mine, theirs in zip(own, steps, strict=True) if mine.startswith("{")]


_COMPONENT = "/entities/{entity}/components/{component}"
ROUTES = (
    Route(path="/entities", parameters=EntitiesAsked, answer=Entities, call=TwinApi.entities),
    Route(path="/entities/{entity}", parameters=Nothing, answer=EntityRow, call=TwinApi.entity),
    Route(path="/entities/{entity}/components", parameters=Page, answer=Components, call=TwinApi.components),
    Route(
        path="/entities/{entity}/relationships", parameters=Nothing, answer=Relationships, call=TwinApi.relationships
    ),
    Route(path=_COMPONENT, parameters=Nothing, answer=Described, call=TwinApi.component),
    Route(path=f"{_COMPONENT}/state", parameters=StateAsked, answer=State, call=TwinApi.state),
    Route(path=f"{_COMPONENT}/history", parameters=HistoryAsked, answer=History, call=TwinApi.history),
    Route(path="/types", parameters=Nothing, answer=Types, call=TwinApi.types),
    Route(path="/query", parameters=QueryAsked, answer=Matches, call=TwinApi.query),
    Route(path="/openapi", parameters=Nothing, answer=dict, call=TwinApi.openapi),
)


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service, from the table."""
    types = [kind for route in ROUTES for kind in (route.parameters, route.answer)]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    asked, answered = schemas[::2], schemas[1::2]
    refused = {"description": "refused, with the reason", "content": {"application/json": {"schema": _REFUSAL}}}
    paths = {}
    for route, parameters, answer in zip(ROUTES, asked, answered, strict=True):
        names = [step.strip("{}") for step in route.path.split("/") if step.startswith("{")]
        summary = (route.call.__doc__ or "").strip()
        operation = {
            "operationId": route.call.__name__,
            "summary": summary,
            "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names],
            "requestBody": {"required": True, "content": {"application/json": {"schema": parameters}}},
            "responses": {
                "200": {"description": summary, "content": {"application/json": {"schema": answer}}},
                "default": refused,
            },
            "security": [{"token": []}],
        }
        paths[route.path] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Twin2MultiCloud twin service", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "x-inter-cloud-token"}},
        },
    }


_REFUSAL = {
    "type": "object",
    "properties": {"status": {"const": "refused"}, "error": {"type": "string"}},
    "required": ["status", "error"],
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, asked: bool(found == asked),
    "!=": lambda found, asked: bool(found != asked),
    "<": lambda found, asked: bool(found < asked),
    "<=": lambda found, asked: bool(found <= asked),
    ">": lambda found, asked: bool(found > asked),
    ">=": lambda found, asked: bool(found >= asked),
}


def _holds(values: Sequence[PropertyNow], asked: QueryAsked) -> bool:
    by_name = {each.name: each for each in values}
    for each in asked.where:
        found = by_name[each.property].value
        try:
            if found is None or not _COMPARISONS[each.is_](found, each.value):
                return False
        except TypeError:  # text against a number: neither less nor more
            return False
    if asked.older_than_seconds is None:
        return True
    ages = [each.age_seconds for each in values if each.age_seconds is not None]
    return not ages or min(ages) > asked.older_than_seconds


def _entity(each: EntityModel) -> EntityRow:
    return EntityRow(id=each.id, name=each.name, parent=each.parent, children=each.children)


def _limit(asked: Page) -> int:
    if not 0 < asked.limit <= MOST_ROWS:
        raise FinalError(f"limit must be a whole number up to {MOST_ROWS}, found {asked.limit}", 400)
    return asked.limit


def _start(asked: Page) -> int:
    if asked.next_token is None or asked.next_token == "":
        return 0
    if not asked.next_token.isdecimal() or len(asked.next_token) > 9:
        raise FinalError("nextToken was not issued by this service", 400)
    return int(asked.next_token)


def _page(rows: list[EntityRow], asked: Page) -> tuple[list[EntityRow], str | None]:
    limit, start = _limit(asked), _start(asked)
    return rows[start : start + limit], str(start + limit) if start + limit < len(rows) else None
