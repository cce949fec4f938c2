"""The query language of TwinMaker's knowledge graph, parsed: PartiQL's SELECT over ``EntityGraph MATCH``. Only text.

The subset is what AWS's samples and their applications send: paths of nodes and edges with directions, names and
quantifiers; the components and properties of a node as further rows; conditions; ORDER BY, LIMIT and DISTINCT. What is
none of it is refused with the word at which it stops.
"""

import re
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.emulator.l4.twinmaker_arguments import ServiceError

_LONGEST = 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][A-Za-z_0-9$]*)"
    r'|"(?P<quoted>[^"]+)"|(?P<sign><-|->|<>|!=|<=|>=|[-<>=(){}\[\].,:|*]))'
)
_COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")


class Field(msgspec.Struct, frozen=True):
    """A variable, and the members behind its dots."""

    variable: str
    path: tuple[str, ...] = ()


class Literal(msgspec.Struct, frozen=True):
    """A value in the text."""

    value: Any


Operand = Field | Literal


class Compare(msgspec.Struct, frozen=True):
    """A comparison; `sign` may be ``LIKE``."""

    left: Operand
    sign: str
    right: Operand


class Among(msgspec.Struct, frozen=True):
    """Whether an operand is one of some."""

    left: Operand
    values: tuple[Operand, ...]


class IsNull(msgspec.Struct, frozen=True):
    """Whether an operand has no value."""

    left: Operand


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    inner: "Condition"


class Junction(msgspec.Struct, frozen=True):
    """``AND`` or ``OR`` over two or more."""

    word: str
    parts: tuple["Condition", ...]


Condition = Compare | Among | IsNull | Not | Junction


class Edge(msgspec.Struct, frozen=True):
    """A step of a path. `ahead`, `back`: which directions it may be followed; `least` to `most` times."""

    variable: str = ""
    names: tuple[str, ...] = ()
    ahead: bool = True
    back: bool = True
    least: int = 1
    most: int | None = 1

    @property
    def is_one(self) -> bool:
        """Whether it is exactly one edge."""
        return (self.least, self.most) == (1, 1)


class Path(msgspec.Struct, frozen=True):
    """Nodes by their variables, and the edges between them."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]


class Unnest(msgspec.Struct, frozen=True):
    """Each element of a list as a row of its own: ``e.components AS c``."""

    source: Field
    variable: str


class Selected(msgspec.Struct, frozen=True):
    """A column."""

    field: Field
    name: str


class Query(msgspec.Struct, frozen=True):
    """A whole query. `order` holds fields and whether they descend."""

    columns: tuple[Selected, ...]
    matches: tuple[Path | Unnest, ...]
    where: Condition | None = None
    order: tuple[tuple[Field, bool], ...] = ()
    limit: int | None = None
    distinct: bool = False


def parse(text: str) -> Query:
    """The query of a statement. Raises ServiceError."""
    if len(text) > _LONGEST:
        raise ServiceError("ValidationException", f"queryStatement is longer than {_LONGEST} characters")
    return _Parser(_tokens(text)).query()


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    text = text.rstrip().removesuffix(";")
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _wrong(text[at:].strip()[:20])
        kind = match.lastgroup or ""
        found.append(_Token(kind, match.group(kind)))
        at = match.end()
    return found


def _wrong(near: str) -> ServiceError:
    return ServiceError("ValidationException", f"the query is not understood near {near or 'its end'!r}")


class _Parser:
    """Recursive descent over the tokens. Names of variables are case-sensitive, words are not."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at, self._unnamed = tokens, 0, 0

    # --- tokens --------------------------------------------------------------------------------------------------

    def _word(self, *words: str) -> str:
        """Take one of the words or signs if it stands here; empty where none does."""
        here = self._tokens[self._at] if self._at < len(self._tokens) else _Token("", "")
        if here.kind in ("name", "sign") and here.text.upper() in words:
            self._at += 1
            return here.text.upper()
        return ""

    def _need(self, *words: str) -> str:
        return self._word(*words) or self._fail()

    def _take(self, *kinds: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at].kind in kinds:
            self._at += 1
            return self._tokens[self._at - 1].text
        return self._fail()

    def _fail(self) -> str:
        rest = self._tokens[self._at : self._at + 3]
        raise _wrong(" ".join(each.text for each in rest))

    def _name(self) -> str:
        return self._take("name", "quoted")

    def _next_is(self, kind: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].kind == kind

    # --- clauses -------------------------------------------------------------------------------------------------

    def query(self) -> Query:
        self._need("SELECT")
        distinct = bool(self._word("DISTINCT"))
        columns = [self._column()]
        while self._word(","):
            columns.append(self._column())
        self._need("FROM")
        self._need("ENTITYGRAPH")
        self._need("MATCH")
        matches: list[Path | Unnest] = [self._path()]
        while self._word(","):
            self._word("MATCH")
            matches.append(self._path() if self._peek("(") else self._unnest())
        where = self._either() if self._word("WHERE") else None
        order = self._order() if self._word("ORDER") else ()
        limit = int(self._take("number")) if self._word("LIMIT") else None
        if self._at < len(self._tokens):
            self._fail()
        query = Query(tuple(columns), tuple(matches), where, order, limit, distinct)
        _check_variables(query)
        return query

    def _peek(self, sign: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] == _Token("sign", sign)

    def _column(self) -> Selected:
        field = self._field()
        alias = self._name() if self._word("AS") else ""
        return Selected(field, alias or (field.path[-1] if field.path else field.variable))

    def _field(self) -> Field:
        variable, path = self._name(), []
        while self._word("."):
            path.append(self._name())
        return Field(variable, tuple(path))

    def _unnest(self) -> Unnest:
        source = self._field()
        self._need("AS")
        return Unnest(source, self._name())

    def _order(self) -> tuple[tuple[Field, bool], ...]:
        self._need("BY")
        found = []
        while True:
            field = self._field()
            found.append((field, self._word("ASC", "DESC") == "DESC"))
            if not self._word(","):
                return tuple(found)

    # --- paths ---------------------------------------------------------------------------------------------------

    def _path(self) -> Path:
        nodes, edges = [self._node()], []
        while self._peek("-") or self._peek("<-") or self._peek("->"):
            edges.append(self._edge())
            nodes.append(self._node())
        return Path(tuple(nodes), tuple(edges))

    def _node(self) -> str:
        self._need("(")
        name = self._name() if not self._peek(")") else self._fresh()
        self._need(")")
        return name

    def _fresh(self) -> str:
        self._unnamed += 1
        return f" {self._unnamed}"

    def _edge(self) -> Edge:
        left = self._need("-", "<-", "->")
        variable, names, right = "", [], ""
        if left != "->" and self._word("["):
            variable = self._name() if self._next_is("name") or self._next_is("quoted") else ""
            if self._word(":"):
                names.append(self._name())
                while self._word("|"):
                    names.append(self._name())
            self._need("]")
            right = self._need("-", "->")
        least, most = self._quantifier()
        ahead = right == "->" or left == "->"
        back = left == "<-"
        either = ahead == back
        edge = Edge(variable, tuple(names), ahead or either, back or either, least, most)
        if variable and not edge.is_one:
            raise ServiceError("ValidationException", f"{variable!r} is many edges; leave its name out")
        return edge

    def _quantifier(self) -> tuple[int, int | None]:
        if self._word("*"):
            return 0, None
        if not self._word("{"):
            return 1, 1
        least = int(self._take("number"))
        most: int | None = least
        if self._word(","):
            most = int(self._take("number")) if self._next_is("number") else None
        self._need("}")
        return least, most

    # --- conditions ----------------------------------------------------------------------------------------------

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._word("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._word("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction("AND", tuple(parts))

    def _one(self) -> Condition:
        if self._word("NOT"):
            return Not(self._one())
        if self._word("("):
            inner = self._either()
            self._need(")")
            return inner
        left = self._operand()
        if self._word("IS"):
            opposite = self._word("NOT")
            self._need("NULL", "MISSING")
            return Not(IsNull(left)) if opposite else IsNull(left)
        opposite = self._word("NOT")
        if self._word("LIKE"):
            found: Condition = Compare(left, "LIKE", self._operand())
        elif self._word("IN"):
            found = Among(left, self._list())
        elif opposite:
            self._fail()
        else:
            return Compare(left, self._need(*_COMPARISONS), self._operand())
        return Not(found) if opposite else found

    def _list(self) -> tuple[Operand, ...]:
        closing = ")" if self._need("(", "[") == "(" else "]"
        values = [self._operand()]
        while self._word(","):
            values.append(self._operand())
        self._need(closing)
        return tuple(values)

    def _operand(self) -> Operand:
        if self._next_is("text"):
            return Literal(self._take("text")[1:-1].replace("''", "'"))
        if self._next_is("number") or self._peek("-"):
            sign = -1 if self._word("-") else 1
            number = self._take("number")
            return Literal(sign * (float(number) if "." in number else int(number)))
        if word := self._word("TRUE", "FALSE"):
            return Literal(word == "TRUE")
        return self._field()


def _check_variables(query: Query) -> None:
    """Refuse names that no MATCH binds, as the service does."""
    bound: set[str] = set()
    for each in query.matches:
        if isinstance(each, Unnest):
            _need_bound(each.source, bound)
            bound.add(each.variable)
        else:
            bound |= {*each.nodes, *(one.variable for one in each.edges if one.variable)}
    for column in query.columns:
        _need_bound(column.field, bound)
    for field, _ in query.order:
        _need_bound(field, bound)
    for field in _fields(query.where):
        _need_bound(field, bound)


def _need_bound(field: Field, bound: set[str]) -> None:
    if field.variable not in bound:
        raise ServiceError("ValidationException", f"no MATCH names {field.variable!r}")


def _fields(condition: Condition | None) -> list[Field]:
    match condition:
        case Compare(left, _, right):
            return [each for each in (left, right) if isinstance(each, Field)]
        case Among(left, values):
            return [each for each in (left, *values) if isinstance(each, Field)]
        case IsNull(left):
            return [left] if isinstance(left, Field) else []
        case Not(inner):
            return _fields(inner)
        case Junction(_, parts):
            return [each for part in parts for each in _fields(part)]
    return []
