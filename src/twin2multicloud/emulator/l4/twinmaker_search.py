"""Queries of TwinMaker's knowledge graph, answered: the graph of a workspace, and the rows of a parsed query over it.

An edge is a child's ``isChildOf`` to its parent, or a RELATIONSHIP property (or a list of them) under the property's
name. Of many edges (``{1,}``) each node is found once, on its shortest way. Time series have no value in the graph.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from twin2multicloud.emulator.l4.documents import Document
from twin2multicloud.emulator.l4.twinmaker_arguments import (
    Answer,
    Arguments,
    ServiceError,
    invalid,
    limit,
    start_of,
    text,
)
from twin2multicloud.emulator.l4.twinmaker_components import components_of, definitions, held
from twin2multicloud.emulator.l4.twinmaker_query import (
    Among,
    Compare,
    Condition,
    Edge,
    Field,
    IsNull,
    Junction,
    Literal,
    Not,
    Operand,
    Path,
    Query,
    Unnest,
    parse,
)
from twin2multicloud.emulator.l4.twinmaker_service import ENTITIES, Handler, Service, arn
from twin2multicloud.emulator.l4.twinmaker_workspaces import QUERY_MODES, pricing_mode

_MOST_ROWS, _USUAL_ROWS, _MOST_STEPS = 100, 50, 1_000_000
IS_CHILD_OF = "isChildOf"
Row = Mapping[str, Any]
_NOTHING = object()


class Link(msgspec.Struct, frozen=True):
    """An edge of the graph."""

    name: str
    source: str
    target: str
    component: str = ""
    type: str = ""

    def as_json(self) -> dict[str, Any]:
        """An EDGE, as the service shows one."""
        shown = {"relationshipName": self.name, "sourceEntityId": self.source, "targetEntityId": self.target}
        return {**shown, "sourceComponentName": self.component or None, "sourceComponentTypeId": self.type or None}


class Node:
    """A node of the graph; its components are described when they are asked for."""

    def __init__(self, service: Service, entity: Document) -> None:
        self._service, self._entity = service, entity
        self.id = str(entity["entityId"])
        self._components: list[dict[str, Any]] | None = None

    def get(self, name: str) -> object:
        """A member of a NODE."""
        return self.components() if name == "components" else self._plain().get(name, _NOTHING)

    def as_json(self) -> dict[str, Any]:
        """A NODE, as the service shows one."""
        return {**self._plain(), "components": self.components()}

    def _plain(self) -> dict[str, Any]:
        entity = self._entity
        return {
            "arn": arn(entity["workspaceId"], ENTITIES, self.id),
            "creationDate": round(entity["creationDateTime"] * 1000),
            "lastUpdateDate": round(entity["updateDateTime"] * 1000),
            "entityId": self.id,
            "entityName": entity["entityName"],
            "workspaceId": entity["workspaceId"],
            "description": entity.get("description"),
        }

    def components(self) -> list[dict[str, Any]]:
        """Its components with their properties."""
        if self._components is None:
            self._components = [self._component(*each) for each in components_of(self._service, self._entity)]
        return self._components

    def _component(self, name: str, component: Mapping[str, Any]) -> dict[str, Any]:
        found = definitions(self._service, self._entity["workspaceId"], component)
        properties = [
            {
                "propertyName": key,
                **({"propertyValue": plain(value["value"])} if (value := held(component, key, each)) else {}),
            }
            for key, each in found.items()
        ]
        return {"componentName": name, "componentTypeId": component["componentTypeId"], "properties": properties}


def plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
    """A typed value without its type."""
    ((key, held_value),) = value.items()
    if key == "listValue":
        return [plain(each) for each in held_value]
    if key == "mapValue":
        return {name: plain(each) for name, each in held_value.items()}
    return held_value


class Graph:
    """The entities of a workspace and the edges between them, as they are now."""

    def __init__(self, service: Service, workspace: str) -> None:
        self.nodes = {each["entityId"]: Node(service, each) for each in service.all(ENTITIES, workspace)}
        self.leaving: dict[str, list[Link]] = {}
        self.reaching: dict[str, list[Link]] = {}
        for each in service.all(ENTITIES, workspace):
            for link in _links(each):
                if link.target in self.nodes:
                    self.leaving.setdefault(link.source, []).append(link)
                    self.reaching.setdefault(link.target, []).append(link)


def _links(entity: Document) -> Iterator[Link]:
    """The edges that leave an entity. Members of groups have none: devices declare no relationships."""
    own = entity["entityId"]
    yield Link(IS_CHILD_OF, own, entity["parentEntityId"])
    for component, each in entity["components"].items():
        for name, held_property in each["properties"].items():
            for target in _targets(held_property.get("value") or {}):
                yield Link(name, own, target, component, each["componentTypeId"])


def _targets(value: Mapping[str, Any]) -> Iterator[str]:
    if (relationship := value.get("relationshipValue")) is not None and relationship.get("targetEntityId"):
        yield relationship["targetEntityId"]
    for each in value.get("listValue", ()):
        yield from _targets(each)


# --- rows ------------------------------------------------------------------------------------------------------------


class _Search:
    """One query over one graph. Raises ServiceError where it takes too many steps."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._left = graph, _MOST_STEPS

    def rows(self, query: Query) -> list[Row]:
        found: Iterable[Row] = [{}]
        for each in query.matches:
            found = self._joined(found, each)
        kept = [row for row in found if query.where is None or _holds(query.where, row) is True]
        for field, descends in reversed(query.order):
            kept.sort(key=lambda row, field=field: _key(_value(field, row)), reverse=descends)  # type: ignore[misc]
        return kept

    def _joined(self, rows: Iterable[Row], match: Path | Unnest) -> Iterator[Row]:
        for row in rows:
            if isinstance(match, Path):
                yield from self._walk(row, match, 0)
                continue
            found = _value(match.source, row)
            for each in found if isinstance(found, list) else ():
                self._step()
                yield {**row, match.variable: each}

    def _walk(self, row: Row, path: Path, at: int) -> Iterator[Row]:
        """Rows whose nodes from `at` on fit; all before it are bound."""
        if at == 0:
            name = path.nodes[0]
            starts = [row[name]] if name in row else list(self._graph.nodes.values())
            for node in starts:
                self._step()
                yield from self._onward({**row, name: node}, path, 0)
            return
        yield from self._onward(row, path, at)

    def _onward(self, row: Row, path: Path, at: int) -> Iterator[Row]:
        if at == len(path.edges):
            yield row
            return
        edge, name = path.edges[at], path.nodes[at + 1]
        for link, reached in self._reached(row[path.nodes[at]].id, edge):
            bound = row.get(name)
            if bound is not None and bound.id != reached:
                continue
            more = {edge.variable: link} if edge.variable else {}
            yield from self._onward({**row, **more, name: self._graph.nodes[reached]}, path, at + 1)

    def _reached(self, start: str, edge: Edge) -> Iterator[tuple[Link | None, str]]:
        if edge.is_one:
            yield from self._next(start, edge)
            return
        if edge.least == 0:
            yield None, start
        seen, border, depth = {start}, [start], 0
        while border and (edge.most is None or depth < edge.most):
            depth += 1
            border = [
                node
                for each in border
                for _, node in self._next(each, edge)
                if node not in seen and not seen.add(node)  # type: ignore[func-returns-value]
            ]
            if depth >= edge.least:
                yield from ((None, each) for each in border)

    def _next(self, node: str, edge: Edge) -> Iterator[tuple[Link, str]]:
        for wanted, links, end in (
            (edge.ahead, self._graph.leaving, "target"),
            (edge.back, self._graph.reaching, "source"),
        ):
            for link in links.get(node, ()) if wanted else ():
                self._step()
                if not edge.names or link.name in edge.names:
                    yield link, getattr(link, end)

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ServiceError("QueryTimeoutException", f"the query takes more than {_MOST_STEPS:,} steps")


def _value(operand: Operand, row: Row) -> Any:  # noqa: ANN401 - a JSON value, a node or an edge
    if isinstance(operand, Literal):
        return operand.value
    found: Any = row[operand.variable]
    for name in operand.path:
        if isinstance(found, Node):
            found = found.get(name)
        elif isinstance(found, Link):
            found = found.as_json().get(name, _NOTHING)
        else:
            found = found.get(name, _NOTHING) if isinstance(found, Mapping) else _NOTHING
    return found


def _holds(condition: Condition, row: Row) -> bool | None:
    """Whether a condition holds; None where a value that it needs is missing."""
    match condition:
        case Compare(left, sign, right):
            return _compared(_value(left, row), sign, _value(right, row))
        case Among(left, values):
            found = [_compared(_value(left, row), "=", _value(each, row)) for each in values]
            return True if True in found else None if None in found else False
        case IsNull(left):
            return _is_missing(_value(left, row))
        case Not(inner):
            held_true = _holds(inner, row)
            return None if held_true is None else not held_true
        case Junction(word, parts):
            found = [_holds(each, row) for each in parts]
            deciding = word == "OR"
            return deciding if deciding in found else None if None in found else not deciding


def _is_missing(value: object) -> bool:
    return value is _NOTHING or value is None


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "LIKE": lambda a, b: re.fullmatch(_pattern(b), a, re.DOTALL) is not None,
}


def _compared(left: Any, sign: str, right: Any) -> bool | None:  # noqa: ANN401 - JSON values
    if _is_missing(left) or _is_missing(right):
        return None
    left, right = (each.id if isinstance(each, Node) else each for each in (left, right))
    try:
        return _SIGNS[sign](left, right)
    except TypeError:
        return None


def _pattern(like: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(each, re.escape(each)) for each in like)


def _key(value: object) -> tuple[bool, str, Any]:
    missing = _is_missing(value)
    return missing, "" if missing else type(value).__name__, 0 if missing else value


# --- the operation ---------------------------------------------------------------------------------------------------


def _shown(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    return value.as_json() if isinstance(value, Node | Link) else None if value is _NOTHING else value


def _execute(service: Service, asked: Arguments) -> Answer:
    workspace, statement = service.workspace(asked), text(asked, "queryStatement")
    if (mode := pricing_mode(service)) not in QUERY_MODES:
        raise invalid(f"ExecuteQuery needs the pricing mode {' or '.join(QUERY_MODES)}, found {mode}")
    query = parse(statement)
    count, start = limit(asked, _MOST_ROWS, _USUAL_ROWS), start_of(asked)
    found = _Search(Graph(service, workspace)).rows(query)
    fields = [each.field for each in query.columns]
    if query.distinct:
        kept: dict[bytes, Row] = {}
        for row in found:
            kept.setdefault(msgspec.json.encode([_shown(_value(each, row)) for each in fields]), row)
        found = list(kept.values())
    found = found[: query.limit]
    answer: Answer = {
        "columnDescriptions": [{"name": each.name, "type": _kind(query, each.field)} for each in query.columns],
        "rows": [{"rowData": [_shown(_value(each, row)) for each in fields]} for row in found[start : start + count]],
    }
    return {**answer, **({"nextToken": str(start + count)} if start + count < len(found) else {})}


def _kind(query: Query, field: Field) -> str:
    paths = [each for each in query.matches if isinstance(each, Path)]
    if not field.path and any(field.variable in each.nodes for each in paths):
        return "NODE"
    edges = {one.variable for each in paths for one in each.edges}
    return "EDGE" if not field.path and field.variable in edges else "VALUE"


HANDLERS: Mapping[str, Handler] = {"ExecuteQuery": _execute}
