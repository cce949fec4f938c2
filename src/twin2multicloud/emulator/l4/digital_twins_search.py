"""Answers a `Query` over an emulated Azure Digital Twins instance.

What a twin does not have compares as unknown: neither a condition nor its opposite finds it. Shapes of rows: one whole
collection is its documents; several, and properties, are objects by name (learn.microsoft.com digital-twins,
reference-query-clause-select).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError
from twin2multicloud.emulator.l4.digital_twins_graph import DigitalTwinsGraph
from twin2multicloud.emulator.l4.digital_twins_query import Call, Comparison, Junction, Literal, Path, Query, Step

Row = Mapping[str, Mapping[str, Any]]
_ONE = ""  # the collection of a query that gives it no name
_UNKNOWN = object()
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "IS_NULL": lambda value: value is None,
    "IS_NUMBER": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "IS_STRING": lambda value: isinstance(value, str),
    "IS_BOOL": lambda value: isinstance(value, bool),
    "IS_OBJECT": lambda value: isinstance(value, dict),
    "IS_PRIMITIVE": lambda value: value is None or isinstance(value, int | float | str | bool),
}
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda text, part: part in text,
    "STARTSWITH": lambda text, part: text.startswith(part),
    "ENDSWITH": lambda text, part: text.endswith(part),
}


def search(graph: DigitalTwinsGraph, query: Query) -> list[Any]:
    """The rows of a query, all of them. Raises ServiceError (SqlQueryError)."""
    return _Search(graph, query).rows()


class _Search:
    def __init__(self, graph: DigitalTwinsGraph, query: Query) -> None:
        self._graph, self._query = graph, query
        self._names = self._collections()

    def rows(self) -> list[Any]:
        """See `search`."""
        query = self._query
        if (query.joins or query.steps) and not self._pins:
            raise ServiceError("SqlQueryError", "A query with JOIN or MATCH needs a $dtId in its WHERE.")
        found = (row for row in self._candidates() if query.where is None or self._holds(query.where, row) is True)
        if query.count:
            return [{"COUNT": sum(1 for _ in found)}]
        return [self._shown(row) for row in islice(found, query.top)]

    # --- what there is -------------------------------------------------------------------------------------------

    def _collections(self) -> tuple[str, ...]:
        query = self._query
        if query.first:
            first, more = query.first, [name for each in query.steps for name in (each.node, each.edge)]
        else:
            first, more = query.alias or _ONE, [name for each in query.joins for name in (each.target, each.edge)]
        return tuple(dict.fromkeys((first, *filter(None, more))))

    def _candidates(self) -> Iterator[Row]:
        query = self._query
        if query.relationships:
            yield from ({query.alias or _ONE: each} for each in self._graph.all_relationships())
        elif query.first:
            for twin in self._start(query.first):
                yield from self._matched({query.first: twin}, twin, query.steps)
        else:
            for twin in self._start(query.alias or _ONE):
                yield from self._joined({query.alias or _ONE: twin}, 0)

    def _start(self, name: str) -> Iterable[Mapping[str, Any]]:
        """The twins that a collection may be: those that WHERE names, or all."""
        pinned = self._pins.get(name)
        return self._graph.twins() if pinned is None else filter(None, (self._twins.get(each) for each in pinned))

    def _joined(self, row: dict[str, Any], at: int) -> Iterator[Row]:
        joins = self._query.joins
        if at == len(joins):
            yield row
            return
        join = joins[at]
        source = row.get(join.source)
        if source is None or "$dtId" not in source:
            raise ServiceError("SqlQueryError", f"JOIN: there is no collection of twins {join.source}.")
        for edge in self._out.get(source["$dtId"], ()):
            target = self._twins.get(edge["$targetId"])
            if edge["$relationshipName"] == join.relationship and target is not None:
                more = {join.target: target} | ({join.edge: edge} if join.edge else {})
                yield from self._joined(row | more, at + 1)

    def _matched(self, row: dict[str, Any], twin: Mapping[str, Any], steps: tuple[Step, ...]) -> Iterator[Row]:
        if not steps:
            yield row
            return
        step, *rest = steps
        seen: set[tuple[str, str]] = set()
        for edge, reached in self._walk(twin["$dtId"], step, step.most, frozenset()):
            key = (reached["$dtId"], edge["$sourceId"] + " " + edge["$relationshipId"] if step.edge else "")
            if key in seen or row.get(step.node, reached) is not reached:
                continue
            seen.add(key)
            more = {step.node: reached} | ({step.edge: edge} if step.edge else {})
            yield from self._matched(row | more, reached, tuple(rest))

    def _walk(
        self, twin_id: str, step: Step, left: int, used: frozenset[tuple[str, str]]
    ) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """The last relationship and the twin of every path of the step's hops; no relationship twice on one path."""
        if left == 0:
            return
        for edge, other in self._neighbours(twin_id, step):
            key = (edge["$sourceId"], edge["$relationshipId"])
            twin = self._twins.get(other)
            if key in used or twin is None:
                continue
            if step.most - left + 1 >= step.least:
                yield edge, twin
            yield from self._walk(other, step, left - 1, used | {key})

    def _neighbours(self, twin_id: str, step: Step) -> Iterator[tuple[Mapping[str, Any], str]]:
        ways = (
            (step.direction >= 0, self._out, "$targetId"),
            (step.direction <= 0, self._in, "$sourceId"),
        )
        for goes, edges, end in ways:
            for edge in edges.get(twin_id, ()) if goes else ():
                if not step.names or edge["$relationshipName"] in step.names:
                    yield edge, edge[end]

    @cached_property
    def _twins(self) -> dict[str, Mapping[str, Any]]:
        return {each["$dtId"]: each for each in self._graph.twins()}

    @cached_property
    def _out(self) -> dict[str, list[Mapping[str, Any]]]:
        return _by("$sourceId", self._graph.all_relationships())

    @cached_property
    def _in(self) -> dict[str, list[Mapping[str, Any]]]:
        return _by("$targetId", self._graph.all_relationships())

    @cached_property
    def _pins(self) -> dict[str, list[Any]]:
        """The ids that WHERE fixes, by collection: where each condition has to hold."""
        where = self._query.where
        parts = where.parts if isinstance(where, Junction) and where.word == "AND" else (where,)
        found: dict[str, list[Any]] = {}
        for each in parts:
            if isinstance(each, Comparison) and each.left[-1] == "$dtId" and each.sign in ("=", "IN"):
                name = each.left[0] if len(each.left) > 1 else self._names[0]
                found[name] = list(dict.fromkeys(each.right if each.sign == "IN" else [each.right]))
        return found

    # --- conditions ----------------------------------------------------------------------------------------------

    def _holds(self, condition: Any, row: Row) -> bool | None:  # noqa: ANN401 - a condition
        """Whether a condition holds; None where it is unknown."""
        match condition:
            case Junction(word="NOT", parts=(inner,)):
                held = self._holds(inner, row)
                return None if held is None else not held
            case Junction(word=word, parts=parts):
                deciding = word == "OR"
                held_all = [self._holds(each, row) for each in parts]
                return deciding if deciding in held_all else None if None in held_all else not deciding
            case Comparison():
                return self._compares(condition, row)
            case Call(name="IS_OF_MODEL"):
                return self._is_of_model(condition, row)
            case Call():
                return self._calls(condition, row)
        raise AssertionError(condition)

    def _compares(self, condition: Comparison, row: Row) -> bool | None:
        value, right = self._value(condition.left, row), condition.right
        if value is _UNKNOWN:
            return None
        if condition.sign in ("IN", "NIN"):
            return any(_equal(value, each) for each in right) is (condition.sign == "IN")
        if condition.sign in ("=", "!="):
            return _equal(value, right) is (condition.sign == "=")
        both_numbers = _TYPES["IS_NUMBER"](value) and _TYPES["IS_NUMBER"](right)
        if not both_numbers and not (isinstance(value, str) and isinstance(right, str)):
            return None
        return _COMPARE[condition.sign](value, right)

    def _is_of_model(self, call: Call, row: Row) -> bool:
        arguments = list(call.arguments)
        exact = bool(arguments) and arguments[-1] == ("exact",)
        if exact:
            arguments.pop()
        collection = arguments.pop(0) if arguments and isinstance(arguments[0], tuple) else (self._names[0],)
        twin = row.get(collection[0])
        if len(arguments) != 1 or not isinstance(arguments[0], Literal) or twin is None or "$metadata" not in twin:
            raise ServiceError("SqlQueryError", "IS_OF_MODEL takes a collection of twins, a model id and exact.")
        return self._graph.is_of_model(twin, str(arguments[0].value), exact=exact)

    def _calls(self, call: Call, row: Row) -> bool | None:
        if not call.arguments or not isinstance(call.arguments[0], tuple):
            raise ServiceError("SqlQueryError", f"{call.name} takes a property first.")
        value = self._value(call.arguments[0], row)
        if call.name == "IS_DEFINED":
            return value is not _UNKNOWN
        if call.name in _TYPES:
            return value is not _UNKNOWN and _TYPES[call.name](value)
        if len(call.arguments) != 2 or not isinstance(call.arguments[1], Literal):
            raise ServiceError("SqlQueryError", f"{call.name} takes a property and a value.")
        part = call.arguments[1].value
        if call.name == "ARRAY_CONTAINS":
            return any(_equal(each, part) for each in value) if isinstance(value, list) else None
        return _TEXTS[call.name](value, part) if isinstance(value, str) and isinstance(part, str) else None

    def _value(self, path: Path, row: Row) -> Any:  # noqa: ANN401 - a property's
        value: Any
        if path[0] in self._names and len(path) > 1:
            value, path = row.get(path[0], {}), path[1:]
        elif len(self._names) == 1:
            value = row[self._names[0]]
        else:
            raise ServiceError("SqlQueryError", f"{'.'.join(path)} does not say of which collection it is.")
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                return _UNKNOWN
            value = value[step]
        return value

    # --- columns -------------------------------------------------------------------------------------------------

    def _shown(self, row: Row) -> Any:  # noqa: ANN401 - a row of the answer
        selected = self._query.selected
        if not selected:
            visible = {name: each for name, each in row.items() if not name.startswith("(")}
            return next(iter(visible.values())) if len(visible) == 1 else visible
        whole = len(selected) == 1 and len(selected[0].path) == 1 and not selected[0].alias
        if whole and selected[0].path[0] in row:
            return row[selected[0].path[0]]
        shown = {}
        for each in selected:
            whole = len(each.path) == 1 and each.path[0] in row
            value = row[each.path[0]] if whole else self._value(each.path, row)
            if value is not _UNKNOWN:
                shown[each.alias or each.path[-1]] = value
        return shown


def _by(end: str, edges: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in edges:
        found.setdefault(each[end], []).append(each)
    return found


def _equal(value: Any, other: Any) -> bool:  # noqa: ANN401 - scalars
    return isinstance(value, bool) == isinstance(other, bool) and value == other
