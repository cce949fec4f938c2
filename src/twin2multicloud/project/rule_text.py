"""The text of an event rule -> its condition. Owns the grammar; knows no device and no file.

rule   := condition ["for" TIME] | PATH "missing" "for" TIME
condition := all ("or" all)*
all    := part ("and" part)*
part   := "(" condition ")" | PATH OP value ["clear" "at" value]
        | "rate" "of" "change" "of" PATH OP value "per" TIME
value  := TYPE "(" literal ")" | literal
TIME   := 90s | 5m | 1.5h | 2d
"""

import json
import re
from typing import NoReturn

import msgspec

from twin2multicloud.domain.device import DataType, Scalar
from twin2multicloud.domain.event_rule import AllOf, AnyOf, Comparison, Condition, Missing, Term
from twin2multicloud.domain.suggestions import nearest
from twin2multicloud.project.places import quoted

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([()])|([<>=!]+)|([^\s()<>=!"]+)|(\S))')
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_MOST_TERMS, _DEEPEST = 20, 20
_END = "the end of the rule"
_RATE = ["rate", "of", "change", "of"]
_LONGEST_SECONDS = 366 * 86_400
LONGEST_TEXT = 1_000


class RuleTextError(ValueError):
    """A rule's text that is none. `position` is the character, from 1 on, where it goes wrong."""

    def __init__(self, position: int, found: str, expected: str, suggestion: str = "") -> None:
        super().__init__(f"at character {position}: found {found}, expected {expected}")
        self.position, self.found, self.expected, self.suggestion = position, found, expected, suggestion


class Written(msgspec.Struct, frozen=True):
    """A comparison as it is written: where its path and its value are, and the type that the value names."""

    path: str
    path_at: int
    comparison: Comparison | None = None
    values: tuple[tuple[Scalar, DataType | None, int], ...] = ()
    is_rate: bool = False


class ParsedRule(msgspec.Struct, frozen=True):
    """A rule's text, understood. Its terms name whole paths; `written` has each of them with its place in the text."""

    when: Term | AllOf | AnyOf | Missing
    hold_seconds: float
    written: tuple[Written, ...]


def parse_rule(text: str) -> ParsedRule:
    """The condition that a text says. Raises RuleTextError.

    >>> parse_rule("hall.climate.temperature > DOUBLE(28) clear at 26 for 5m").hold_seconds
    300.0
    """
    return _Parser(text).rule()


def seconds_in(text: str) -> float | None:
    """The seconds of a time such as 90s, 5m, 2h or 1d, up to 366 days; None for another text."""
    match = _TIME.fullmatch(text)
    seconds = 0.0 if match is None else float(match[1]) * _SECONDS[match[2]]
    return seconds if 0 < seconds <= _LONGEST_SECONDS else None


class _Token(msgspec.Struct, frozen=True):
    text: str
    at: int
    is_text: bool = False

    @property
    def shown(self) -> str:
        return quoted(self.text) if self.text else _END


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            raise RuleTextError(LONGEST_TEXT + 1, f"{len(text):,} characters", f"at most {LONGEST_TEXT:,}")
        found = [(match, next(n for n in range(1, 6) if match[n] is not None)) for match in _TOKEN.finditer(text)]
        self._tokens = [_Token(match[group], match.start(group) + 1, group == 1) for match, group in found]
        self._end = _Token("", len(text.rstrip()) + 1)
        self._next = self._depth = 0
        self._written: list[Written] = []

    def rule(self) -> ParsedRule:
        if len(self._tokens) > 1 and self._tokens[1].text.lower() == "missing":
            return self._missing()
        when, hold = self._condition(), 0.0
        if self._takes("for"):
            hold = self._time()
        if self._token.text:
            self._refuse('"and", "or", "for", "clear at" or the end', ("and", "or", "for", "clear"))
        return ParsedRule(when, hold, tuple(self._written))

    def _missing(self) -> ParsedRule:
        path = self._path()
        self._written.append(Written(path.text, path.at))
        self._needs("missing")
        self._needs("for")
        when = Missing(property=path.text, seconds=self._time())
        if self._token.text:
            self._refuse("the end, because a rule about silence has no other condition")
        return ParsedRule(when, 0.0, tuple(self._written))

    def _condition(self) -> Condition:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._part()]
        while self._takes("and"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _part(self) -> Condition:
        if self._token.text == "(":
            self._depth += 1
            if self._depth > _DEEPEST:
                self._refuse(f"at most {_DEEPEST} parentheses in one another")
            self._next += 1
            inside = self._condition()
            self._needs(")")
            self._depth -= 1
            return inside
        if len(self._written) == _MOST_TERMS:
            self._refuse(f"at most {_MOST_TERMS} comparisons")
        is_rate = [each.text.lower() for each in self._tokens[self._next : self._next + len(_RATE)]] == _RATE
        if is_rate:
            self._next += len(_RATE)
        return self._comparison(is_rate)

    def _comparison(self, is_rate: bool) -> Term:
        path, comparison = self._path(), self._operator()
        values = [self._value()]
        per = clear_at = None
        if is_rate:
            self._needs("per")
            per = self._time()
        if self._takes("clear"):
            self._needs("at")
            at = self._token.at
            if comparison in (Comparison.EQUAL, Comparison.NOT_EQUAL):
                raise RuleTextError(at, '"clear at"', f"it only after < <= > >=, not after {comparison}")
            values.append(self._value())
            clear_at = values[1][0]
            self._check_order(comparison, values[0][0], clear_at, at)
        self._written.append(Written(path.text, path.at, comparison, tuple(values), is_rate))
        return Term(
            property=path.text, comparison=comparison, threshold=values[0][0], clear_at=clear_at, per_seconds=per
        )

    def _check_order(self, comparison: Comparison, threshold: Scalar, clear_at: Scalar, at: int) -> None:
        if isinstance(threshold, str) or isinstance(clear_at, str):
            return  # refused where types are known
        above = comparison in (Comparison.GREATER, Comparison.GREATER_EQUAL)
        if (clear_at > threshold) if above else (clear_at < threshold):
            raise RuleTextError(at, f"{clear_at}", f"a value that is not {'above' if above else 'below'} {threshold}")

    def _path(self) -> _Token:
        token = self._token
        if token.is_text or not _PATH.fullmatch(token.text):
            self._refuse("a property, as entity.component.property or by its name alone")
        self._next += 1
        return token

    def _operator(self) -> Comparison:
        token = self._token
        if token.text not in [each.value for each in Comparison]:
            self._refuse("one of < <= > >= == !=", suggestion='did you mean "=="?' if token.text == "=" else "")
        self._next += 1
        return Comparison(token.text)

    def _value(self) -> tuple[Scalar, DataType | None, int]:
        token = self._token
        following = self._tokens[self._next + 1].text if self._next + 1 < len(self._tokens) else ""
        if token.is_text or following != "(":
            self._next += 1
            return self._literal(token), None, token.at
        words = [each.value for each in DataType]
        if token.text not in words:
            hint = nearest(token.text.upper(), words)
            self._refuse(f"one of {', '.join(words)}", suggestion=f'did you mean "{hint}"?' if hint else "")
        self._next += 2
        literal = self._token
        self._next += 1
        value = self._literal(literal)
        data_type = DataType(token.text)
        if data_type is DataType.DOUBLE and type(value) is int:
            value = float(value)
        if not data_type.admits(value):
            raise RuleTextError(literal.at, literal.shown, f"a value of the type {data_type}")
        self._needs(")")
        return value, data_type, literal.at

    def _literal(self, token: _Token) -> Scalar:
        try:
            value: object = json.loads(token.text, parse_constant=lambda _: None)
        except ValueError:
            value = None
        if not isinstance(value, Scalar):
            text = "a number, true, false or a text in double quotes"
            raise RuleTextError(token.at, token.shown, text)
        return value

    def _time(self) -> float:
        seconds = seconds_in(self._token.text)
        if seconds is None:
            self._refuse("a time such as 90s, 5m, 2h or 1d, up to 366 days")
        self._next += 1
        return seconds

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end

    def _takes(self, word: str) -> bool:
        token = self._token
        taken = not token.is_text and token.text.lower() == word
        self._next += taken
        return taken

    def _needs(self, word: str) -> None:
        if not self._takes(word):
            self._refuse(f'"{word}"', (word,))

    def _refuse(self, expected: str, words: tuple[str, ...] = (), suggestion: str = "") -> NoReturn:
        token = self._token
        hint = nearest(token.text.lower(), words) if words and token.text else None
        raise RuleTextError(token.at, token.shown, expected, suggestion or (f'did you mean "{hint}"?' if hint else ""))
