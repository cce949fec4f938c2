"""What the user's processors import, held against the Python that functions run on. Reads sources; runs nothing.

What functions have beside the standard library is msgspec and what the project's requirements.txt names. Python's
removals: docs.python.org, What's New in Python 3.12 and 3.13 (PEP 594, PEP 632).
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError

RUNTIME = (3, 13)
"""The Python that deployed functions run on."""

REQUIREMENTS = "requirements.txt"

_REMOVED = frozenset(
    """asynchat asyncore distutils imp smtpd aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis
    nntplib ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib""".split()  # noqa: SIM905 - a list of words
)
_YOUNGER = frozenset({"annotationlib", "compression"})
_THERE = frozenset({"msgspec", "twin2multicloud"})


def requirements_of(folder: Path) -> tuple[str, ...]:
    """The lines of a project's requirements.txt; none without one. Raises ConfigurationError for another line.

    Options and addresses are refused: what is shipped comes from the package index that pip is set to.
    """
    path = folder / REQUIREMENTS
    if not path.is_file():
        return ()
    lines = [line.split(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    found = tuple(line for line in lines if line and not line.startswith("#"))
    for line in found:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([<>=!~][^/@]*)?", line):
            raise ConfigurationError(
                f"{path}: found {line!r}, expected a distribution and its version, as in numpy==2.2.6"
            )
    return found


def import_problems(
    sources: Mapping[str, bytes], requirements: Sequence[str], folder: str = "processors"
) -> Iterator[str]:
    """A sentence for each import of user code that would fail where functions run."""
    for name, source in sources.items():
        for line, module in sorted(_imported(source)):
            if (why := _why_missing(module, requirements)) is not None:
                yield f"{folder}/{name}.py: line {line}: import {module} fails where functions run: {why}"


def _imported(source: bytes) -> set[tuple[int, str]]:
    """(line, first word of the name) of every import; of what does not parse there is none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    for node in _certain(tree):
        if isinstance(node, ast.Import):
            found |= {(node.lineno, alias.name.split(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.lineno, "." * node.level if node.level else str(node.module).split(".")[0]))
    return found


def _certain(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what code does without where it fails, or what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        checked = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not checked and not isinstance(node, ast.Try):
            yield node
            yield from _certain(node)


def _why_missing(module: str, requirements: Sequence[str]) -> str | None:
    python = ".".join(map(str, RUNTIME))
    if module.startswith("."):
        return "a processor is a file of its own, which belongs to no package"
    if module in _REMOVED:
        return f"Python {python} has it no more"
    if module in _YOUNGER:
        return f"Python {python} has it not yet"
    if module in sys.stdlib_module_names or module in _THERE or _brought(module, requirements):
        return None
    return f"it is not in the standard library; name what brings it in {REQUIREMENTS}"


def _brought(module: str, requirements: Sequence[str]) -> bool:
    """Whether a requirement brings a module, as far as it can be told without installing it.

    A distribution that is not installed here may bring modules of any name.
    """
    installed = _installed()
    known = {_normal(each) for names in installed.values() for each in names}
    named = {_normal(match[0]) for each in requirements if (match := re.match(r"[A-Za-z0-9._-]+", each))}
    bringing = {_normal(each) for each in installed.get(module, ())} | {_normal(module)}
    return bool(named & bringing) or bool(named - known)


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    """The distributions that bring each module, of what is installed here; a scan of all of it."""
    return packages_distributions()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
