"""The query language of Azure Digital Twins: a text becomes a `Query`. Evaluates nothing.

The grammar is what Microsoft's own examples hold (Azure-Samples/digital-twins-docs-code, queries/examples.sql and
reference.sql); words are read in any case, names as they are.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError

_LONGEST, _MOST_JOINS, _MOST_ITEMS, _MOST_WORDS = 8_000, 5, 50, 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\[\[(?P<quoted>[^\]]+)\]\]
    |(?P<name>[$A-Za-z_][$\w]*)|(?P<sign><=|>=|!=|\.\.|[-=<>()\[\],.*|:]))""",
    re.VERBOSE,
)
_FUNCTIONS = frozenset(
    {
        *("IS_OF_MODEL", "IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_STRING", "IS_BOOL", "IS_OBJECT", "IS_PRIMITIVE"),
        *("CONTAINS", "STARTSWITH", "ENDSWITH", "ARRAY_CONTAINS"),
    }
)
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")

Path = tuple[str, ...]


class Comparison(msgspec.Struct, frozen=True):
    """A property against a literal, or against a list of them (IN, NIN)."""

    left: Path
    sign: str
    right: Any


class Call(msgspec.Struct, frozen=True):
    """A function; arguments are paths, literals in `Literal`, or the word ``exact``."""

    name: str
    arguments: tuple[Any, ...]


class Literal(msgspec.Struct, frozen=True):
    """A value in a query."""

    value: Any


class Junction(msgspec.Struct, frozen=True):
    """AND, OR or NOT over conditions."""

    word: str
    parts: tuple[Any, ...]


class Selected(msgspec.Struct, frozen=True):
    """One column: a collection or a property, and the name that it gets where one is given."""

    path: Path
    alias: str = ""


class Join(msgspec.Struct, frozen=True):
    """``JOIN target RELATED source.relationship [edge]``."""

    target: str
    source: str
    relationship: str
    edge: str = ""


class Step(msgspec.Struct, frozen=True):
    """``-[edge:names*least..most]->(node)``; direction is 1, -1, or 0 for both."""

    node: str
    direction: int
    names: frozenset[str] = frozenset()
    edge: str = ""
    least: int = 1
    most: int = 1


class Query(msgspec.Struct, frozen=True):
    """A whole query. `selected` is empty for ``*``; `alias` names the one collection, where it has a name."""

    selected: tuple[Selected, ...] = ()
    count: bool = False
    top: int | None = None
    relationships: bool = False
    alias: str = ""
    joins: tuple[Join, ...] = ()
    first: str = ""
    steps: tuple[Step, ...] = ()
    where: Any = None


def parse(text: str) -> Query:
    """The query in a text. Raises ServiceError (SqlQueryError)."""
    if len(text) > _LONGEST:
        raise _wrong(f"a query has at most {_LONGEST:,} characters")
    return _Parser(_tokens(text)).query()


def _wrong(reason: str) -> ServiceError:
    return ServiceError("SqlQueryError", f"The query is invalid: {reason}.")


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        read = _TOKEN.match(text, at)
        if read is None:
            raise _wrong(f"{text[at : at + 20]!r} cannot be read")
        kind = str(read.lastgroup)
        found.append(_Token("name" if kind == "quoted" else kind, read[kind]))
        at = read.end()
    return found


class _Parser:
    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens, self._at, self._words = tokens, 0, 0

    def query(self) -> Query:
        self._need("SELECT")
        top = self._top()
        count = False
        selected: tuple[Selected, ...] = ()
        if self._is("COUNT"):
            self._next()
            self._need("(")
            self._need(")")
            count = True
        elif not self._is("FROM"):
            selected = self._selection()
        self._need("FROM")
        source = self._name().upper()
        if source not in ("DIGITALTWINS", "RELATIONSHIPS"):
            raise _wrong(f"FROM names DIGITALTWINS or RELATIONSHIPS, found {source}")
        alias = self._name() if self._free_name() else ""
        joins, first = self._joins(), ""
        steps: tuple[Step, ...] = ()
        if self._take("MATCH"):
            first, steps = self._pattern()
        where = self._either() if self._take("WHERE") else None
        if self._at < len(self._tokens):
            raise _wrong(f"{self._tokens[self._at].text!r} is not expected there")
        if where is None and (joins or steps):
            raise _wrong("JOIN and MATCH need a WHERE with a $dtId")
        return Query(
            selected=selected,
            count=count,
            top=top,
            relationships=source == "RELATIONSHIPS",
            alias=alias,
            joins=joins,
            first=first,
            steps=steps,
            where=where,
        )

    def _top(self) -> int | None:
        if not self._take("TOP"):
            return None
        self._need("(")
        number = self._number()
        self._need(")")
        return number

    def _selection(self) -> tuple[Selected, ...]:
        if self._take("*"):
            return ()
        found = [self._selected()]
        while self._take(","):
            found.append(self._selected())
        return tuple(found)

    def _selected(self) -> Selected:
        path = self._path()
        return Selected(path, self._name() if self._take("AS") else "")

    def _joins(self) -> tuple[Join, ...]:
        found = []
        while self._take("JOIN"):
            target = self._name()
            self._need("RELATED")
            source, relationship = self._path_of_two()
            found.append(Join(target, source, relationship, self._name() if self._free_name() else ""))
        if len(found) > _MOST_JOINS:
            raise _wrong(f"a query has at most {_MOST_JOINS} JOINs")
        return tuple(found)

    def _path_of_two(self) -> tuple[str, str]:
        path = self._path()
        if len(path) != 2:
            raise _wrong(f"RELATED names a collection and a relationship, found {'.'.join(path)}")
        return path[0], path[1]

    # --- MATCH ---------------------------------------------------------------------------------------------------

    def _pattern(self) -> tuple[str, tuple[Step, ...]]:
        first, steps = self._node(), []
        while self._is("-") or self._is("<"):
            back = self._take("<")
            self._need("-")
            edge, names, (least, most) = self._edge()
            self._need("-")
            forth = self._take(">")
            if edge and (least, most) != (1, 1):
                raise _wrong("a relationship with a name of its own has one hop")
            steps.append(Step(self._node(), int(forth) - int(back) if forth != back else 0, names, edge, least, most))
        return first, tuple(steps)

    def _node(self) -> str:
        self._need("(")
        name = self._name() if not self._is(")") else f"({self._at})"
        self._need(")")
        return name

    def _edge(self) -> tuple[str, frozenset[str], tuple[int, int]]:
        self._need("[")
        edge, names = "", []
        if self._kind() == "name":
            edge = self._name()
        if self._take(":"):
            names.append(self._name())
        elif self._is("|") or self._is("*"):
            edge, names = "", [edge] if edge else []
        while self._take("|"):
            names.append(self._name())
        hops = self._hops() if self._take("*") else (1, 1)
        self._need("]")
        return edge, frozenset(names), hops

    def _hops(self) -> tuple[int, int]:
        """``3``: three; ``1..3``: more than one and up to three; ``..2``: up to two."""
        if self._take(".."):
            return 1, self._number()
        least = self._number()
        return (least + 1, self._number()) if self._take("..") else (least, least)

    # --- WHERE ---------------------------------------------------------------------------------------------------

    def _either(self) -> Any:  # noqa: ANN401 - a condition
        parts = [self._both()]
        while self._take("OR"):
            self._count_word()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def _both(self) -> Any:  # noqa: ANN401 - a condition
        parts = [self._not()]
        while self._take("AND"):
            self._count_word()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Junction("AND", tuple(parts))

    def _not(self) -> Any:  # noqa: ANN401 - a condition
        if self._take("NOT"):
            return Junction("NOT", (self._not(),))
        if self._take("("):
            inner = self._either()
            self._need(")")
            return inner
        name = self._tokens[self._at].text.upper() if self._kind() == "name" else ""
        if name in _FUNCTIONS and self._peek(1) == "(":
            return self._call(name)
        return self._comparison()

    def _call(self, name: str) -> Call:
        self._next()
        self._need("(")
        arguments: list[Any] = [self._argument()]
        while self._take(","):
            arguments.append(self._argument())
        self._need(")")
        return Call(name, tuple(arguments))

    def _argument(self) -> Any:  # noqa: ANN401 - see `Call`
        if self._kind() == "name" and self._tokens[self._at].text.lower() not in ("true", "false", "null"):
            return self._path()
        return Literal(self._literal())

    def _comparison(self) -> Comparison:
        left = self._path()
        word = self._next().text.upper()
        if word in ("IN", "NIN"):
            self._need("[")
            items = [self._literal()]
            while self._take(","):
                items.append(self._literal())
            self._need("]")
            if len(items) > _MOST_ITEMS:
                raise _wrong(f"{word} has at most {_MOST_ITEMS} items")
            return Comparison(left, word, tuple(items))
        if word not in _COMPARISONS:
            raise _wrong(f"{word!r} is no operator of the query language")
        return Comparison(left, word, self._literal())

    def _literal(self) -> Any:  # noqa: ANN401 - a scalar
        negative = self._take("-")
        token = self._next()
        if token.kind == "number":
            value = float(token.text) if set(token.text) & set(".eE") else int(token.text)
            return -value if negative else value
        if token.kind == "text" and not negative:
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        words = {"true": True, "false": False, "null": None}
        if token.text.lower() in words and not negative:
            return words[token.text.lower()]
        raise _wrong(f"{token.text!r} is no value")

    # --- tokens --------------------------------------------------------------------------------------------------

    def _path(self) -> Path:
        found = [self._name()]
        while self._take("."):
            found.append(self._name())
        return tuple(found)

    def _name(self) -> str:
        token = self._next()
        if token.kind != "name":
            raise _wrong(f"a name is expected, found {token.text!r}")
        return token.text

    def _number(self) -> int:
        token = self._next()
        if token.kind != "number" or not token.text.isdecimal():
            raise _wrong(f"a whole number is expected, found {token.text!r}")
        return int(token.text)

    def _free_name(self) -> bool:
        """Whether a name follows that is no word of the language."""
        return self._kind() == "name" and self._peek(0) not in ("JOIN", "MATCH", "WHERE", "RELATED")

    def _count_word(self) -> None:
        self._words += 1
        if self._words > _MOST_WORDS:
            raise _wrong(f"a query has at most {_MOST_WORDS} AND and OR")

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _peek(self, ahead: int) -> str:
        at = self._at + ahead
        return self._tokens[at].text.upper() if at < len(self._tokens) else ""

    def _is(self, word: str) -> bool:
        return self._peek(0) == word and self._kind() != "text"

    def _take(self, word: str) -> bool:
        if self._is(word):
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise _wrong(f"{word} is expected, found {self._peek(0) or 'the end'}")

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise _wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]
