"""The walk over a JSON value, along a shape. Owns finding *every* flaw, not just the first; reads no file.

It returns the valid part of the value: an invalid scalar is None, an invalid list or object is empty, unknown
keys are gone and items keep their index. Checks across files can so go on over a flawed file without asking for types.
"""

import math
import re
from collections.abc import Callable, Iterator

from twin2multicloud.project.places import Json, Place, Problem, did_you_mean, shown
from twin2multicloud.project.shapes import (
    HUGE,
    AnyScalar,
    ByKey,
    Either,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Named,
    Number,
    Record,
    Shape,
    Tagged,
    Text,
    Word,
)

ReportProblem = Callable[[Problem], None]

_DEEPEST = 40  # steps into a file: twenty levels of hierarchy
_SCALARS = Text | Word | Integer | Number | Flag | AnyScalar


def read(shape: Shape, value: Json, at: Place, report: ReportProblem) -> Json:
    """The sound part of a value; every flaw in it is reported."""
    match shape:
        case ListOf():
            return _list(shape, value, at, report)
        case MapOf() | Record() | Tagged() if not isinstance(value, dict):
            report(at.problem(shown(value), "an object"))
            return {}
        case MapOf():
            return _map(shape, value, at, report)
        case Record():
            return _record(shape, value, at, report)
        case Tagged():
            return _tagged(shape, value, at, report)
        case ByKey():
            return _by_key(shape, value, at, report)
        case Either():
            return read(shape.record if isinstance(value, dict) else shape.short, value, at, report)
        case Named():
            return _named(shape, value, at, report)
        case _:
            return _scalar(shape, value, at, report)


def _scalar(shape: _SCALARS, value: Json, at: Place, report: ReportProblem) -> Json:
    if _fits(shape, value):
        return _normal(shape, value)
    secret = isinstance(shape, Text) and shape.secret
    hint = did_you_mean(value, (*shape.words, *shape.aliases)) if isinstance(shape, Word) and _is_text(value) else ""
    report(at.problem("something else" if secret else shown(value), _expected(shape), hint))
    return None


def _fits(shape: _SCALARS, value: Json) -> bool:
    match shape:
        case Text():
            return _is_text(value) and re.fullmatch(shape.pattern, value) is not None
        case Word():
            return _is_text(value) and (value in shape.words or value in shape.aliases)
        case Integer():
            return _is_number(value) and shape.minimum <= value <= shape.maximum and value == int(value)
        case Number():
            return _is_number(value) and shape.minimum <= value <= shape.maximum
        case Flag():
            return isinstance(value, bool)
        case AnyScalar():
            return isinstance(value, bool) or _is_number(value) or _is_text(value)


def _normal(shape: _SCALARS, value: Json) -> Json:
    match shape:
        case Word():
            return shape.aliases.get(value, value)
        case Integer():
            return int(value)
        case Number():
            return float(value)
        case _:
            return value


def _expected(shape: _SCALARS) -> str:
    match shape:
        case Text():
            return shape.expected
        case Word():
            return f"one of {', '.join(shape.words)}" if len(shape.words) > 1 else shape.words[0]
        case Integer():
            return f"a whole number from {shape.minimum} to {shape.maximum}"
        case Number(maximum=maximum) if maximum == HUGE:
            return "a number" if shape.minimum == -HUGE else f"a number of at least {shape.minimum:g}"
        case Number():
            return f"a number from {shape.minimum:g} to {shape.maximum:g}"
        case Flag():
            return "true or false"
        case AnyScalar():
            return "a text, a number, true or false"


def _is_number(value: Json) -> bool:
    """A number that a float can hold. JSON can spell others."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 1000


def _is_text(value: Json) -> bool:
    """A text that can be written as UTF-8. JSON can spell half a character, which cannot."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value))


def _list(shape: ListOf, value: Json, at: Place, report: ReportProblem) -> list[Json]:
    if not isinstance(value, list):
        report(at.problem(shown(value), "a list"))
        return []
    if len(value) < shape.minimum:
        report(at.problem(f"a list of {len(value)}", f"at least {shape.minimum}"))
    return [read(shape.item, each, at / index, report) for index, each in enumerate(value)]


def _map(shape: MapOf, value: Json, at: Place, report: ReportProblem) -> dict[str, Json]:
    for name in value:
        if not _fits(shape.key, name):
            report((at / name).problem("this key", shape.key.expected))
    return {name: read(shape.item, each, at / name, report) for name, each in value.items()}


def _record(shape: Record, value: Json, at: Place, report: ReportProblem) -> dict[str, Json]:
    for problem in _key_problems(shape, value, at):
        report(problem)
    known = ((name, each) for name, each in value.items() if name in shape.fields)
    return {name: read(shape.fields[name].shape, each, at / name, report) for name, each in known}


def _key_problems(shape: Record, value: dict[str, Json], at: Place) -> Iterator[Problem]:
    for name in value:
        if name not in shape.fields:
            free = [known for known in shape.fields if known not in value]
            expected = f"one of {', '.join(known for known in shape.fields if not known.startswith('$'))}"
            yield (at / name).problem("an unknown key", expected, did_you_mean(name, free))
    for name, field in shape.fields.items():
        if field.required and name not in value:
            yield (at / name).problem("nothing", field.description)
    chosen = [name for name in shape.exactly_one if name in value]
    if shape.exactly_one and len(chosen) != 1:
        yield at.problem(" and ".join(chosen) or "neither", f"exactly one of {', '.join(shape.exactly_one)}")


def _tagged(shape: Tagged, value: Json, at: Place, report: ReportProblem) -> dict[str, Json]:
    if shape.tag not in value and shape.default is None:
        report((at / shape.tag).problem("nothing", shape.description))
        return {}
    word = read(Word(tuple(shape.cases)), value.get(shape.tag, shape.default), at / shape.tag, report)
    return {} if word is None else _record(shape.case(word), value, at, report)


def _by_key(shape: ByKey, value: Json, at: Place, report: ReportProblem) -> Json:
    keys = value if isinstance(value, dict) else {}
    return read(next((case for key, case in shape.cases if key in keys), shape.cases[-1][1]), value, at, report)


def _named(shape: Named, value: Json, at: Place, report: ReportProblem) -> Json:
    if len(at.steps) > _DEEPEST:
        report(at.problem("a deeper level", f"at most {_DEEPEST // 2} levels"))
        return {}
    return read(shape.resolve(), value, at, report)
