"""A place in a project, and a problem there. Owns the format of both; checks nothing."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from twin2multicloud.domain.errors import Finding
from twin2multicloud.domain.suggestions import nearest

Json: TypeAlias = Any
"""A JSON value: None, a bool, an int, a float, a str, or a list or dict of them. Checked where it is read."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*|line \d+")
_LONGEST_QUOTE = 60


class Place(msgspec.Struct, frozen=True):
    """A file of the project and the way into it. ``place / "devices" / 2`` is a place one step further in."""

    file: str
    steps: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> "Place":
        return Place(self.file, (*self.steps, step))

    def __str__(self) -> str:
        """The way in as a person reads it: ``devices[2].properties[0].data_type``."""
        return "".join(_spelled(step, first=number == 0) for number, step in enumerate(self.steps))

    def problem(self, found: str, expected: str, suggestion: str = "") -> "Problem":
        """Say what is wrong here. `found` and `expected` follow these words in a sentence."""
        return Problem(self, found, expected, suggestion)


class Problem(msgspec.Struct, frozen=True):
    """A finding that still knows its place, so that findings can be put in file order."""

    place: Place
    found: str
    expected: str
    suggestion: str = ""

    def finding(self) -> Finding:
        """The problem as the domain's noun."""
        return Finding(
            file=self.place.file,
            path=str(self.place),
            found=self.found,
            expected=self.expected,
            suggestion=self.suggestion,
        )


def _spelled(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN_KEY.fullmatch(step) and len(step) <= _LONGEST_QUOTE:
        return step if first else f".{step}"
    return f"[{quoted(step)}]"


def quoted(text: str) -> str:
    """A text in double quotes, printable and of bearable length whatever it holds."""
    short = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return json.dumps(short, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def shown(value: Json) -> str:
    """What was found, in a word or two. Lists and objects are named, not quoted."""
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return quoted(value)
        case float():
            return repr(value)
        case int():
            return str(value) if value.bit_length() <= 128 else "a very large number"
        case list():
            return "a list"
        case _:
            return "an object"


def repeated(named: Iterable[tuple[Json, Place]], expected: str) -> Iterator[Problem]:
    """A problem for each name that one before it has. A missing name is None and is ignored."""
    seen = set()
    for name, at in named:
        if name is not None and name in seen:
            yield at.problem(f"{quoted(name)} for the second time", expected)
        seen.add(name)


def typed(path: Path) -> str:
    """A path as one word of a shell, for a command that an answer recommends."""
    return shlex.quote(str(path))


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """``did you mean "azure"?`` for the option nearest to a word, or nothing where none is near."""
    near = nearest(word, options)
    return f"did you mean {quoted(near)}?" if near is not None else ""
