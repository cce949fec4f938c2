"""Which modules ship inside a cloud's functions, and in what form. Owns the walk along imports; builds no archive.

What ships is the function's own module and what its cloud's wiring can reach of ``domain``, ``ports``, ``wire``,
``functions``, ``stores``, ``hosting`` and ``clouds/<one>``: a planner or another cloud in there is an error, not a
larger bundle. Adapters that a function does not use ship too: they are small, and imports are lazy.
Comments and docstrings stay behind (a cold start would unpack and read them); lines keep their numbers, so that a
traceback points at the source.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from twin2multicloud.domain.components import KINDS
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.functions.wiring import FUNCTIONS
from twin2multicloud.planning.clouds import known_clouds, label_of

PACKAGE = "twin2multicloud"
_SHARED = ("domain", "ports", "wire", "functions", "stores", "hosting")


def shipped_modules(
    cloud: Cloud, functions: Iterable[str] = FUNCTIONS, package: Path | None = None, named: Iterable[str] = ()
) -> dict[str, ast.Module]:
    """Every module that `functions` on one cloud can reach, by dotted name, parsed; parents before children, sorted.

    `package` is the folder of this package; `named` are further modules, those that are imported by name. Raises
    TwinError where the code reaches for something that must not ship.
    """
    folder = package or Path(__file__).parents[1]
    found: dict[str, ast.Module] = {}
    wired = [f"{PACKAGE}.functions.{KINDS[name].module}" for name in functions]  # imported by name
    waiting = [f"{PACKAGE}.clouds.{cloud}.wiring", *named, *(name for name in wired if _is_ours(name, folder))]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        _refuse(name, cloud)
        found[name] = _parsed(module_file(name, folder).read_bytes())
        waiting += _parents(name)
        waiting += [each for each in imported(found[name]) if _is_ours(each, folder)]
    return {name: found[name] for name in sorted(found)}


@lru_cache(maxsize=1_000)
def _parsed(source: bytes) -> ast.Module:
    return ast.parse(source)


@lru_cache(maxsize=1_000)
def imported(tree: ast.Module) -> frozenset[str]:
    """The dotted names that a module imports, inside functions too, but not what only type checkers read.

    ``from a import b`` may mean the module ``a.b`` or a name in ``a``: both are given.
    """
    names: set[str] = set()
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def module_file(name: str, package: Path) -> Path:
    """The file of one of our modules."""
    path = package.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def sources(modules: Mapping[str, ast.Module], package: Path | None = None) -> dict[str, bytes]:
    """The modules as files of an archive, at their paths, without comments and docstrings, every line where it was."""
    folder = package or Path(__file__).parents[1]
    files = [module_file(name, folder) for name in modules]
    return {
        f"{PACKAGE}/{file.relative_to(folder).as_posix()}": without_commentary(
            file.read_text(encoding="utf-8")
        ).encode()
        for file in files
    }


@lru_cache(maxsize=1_000)
def without_commentary(source: str) -> str:
    """A source text without comments and with empty docstrings: the same code on the same lines."""
    lines = source.split("\n")
    for start, end, said in sorted(_commentary(source), reverse=True):
        head, tail = lines[start[0] - 1][: start[1]], lines[end[0] - 1][end[1] :]
        lines[start[0] - 1 : end[0]] = [(head + said + tail).rstrip(), *[""] * (end[0] - start[0])]
    return "\n".join(lines)


_Place = tuple[int, int]


def _commentary(source: str) -> Iterator[tuple[_Place, _Place, str]]:
    """Where comments and lone texts begin and end (line, character), and what stands there instead."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start, token.end, ""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield (
                (node.lineno, _characters(lines[node.lineno - 1], node.col_offset)),
                (node.end_lineno or node.lineno, _characters(lines[(node.end_lineno or 1) - 1], node.end_col_offset)),
                '""',  # still a docstring: what must be a file's first statement may follow it
            )


def _characters(line: str, offset: int | None) -> int:
    """ast counts UTF-8 bytes, a text is cut by characters."""
    return len(line.encode()[: offset or 0].decode())


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from _executed(other)
            continue
        yield node
        yield from _executed(node)


def _parents(name: str) -> list[str]:
    words = name.split(".")
    return [".".join(words[:count]) for count in range(1, len(words))]


def _is_ours(name: str, package: Path) -> bool:
    return name.split(".")[0] == PACKAGE and module_file(name, package).is_file()


def _refuse(name: str, cloud: Cloud) -> None:
    words = name.split(".")[1:]
    if not words or words[0] in _SHARED:
        return
    if words[0] != "clouds" or (len(words) > 1 and words[1] in set(known_clouds()) - {cloud}):
        raise TwinError(f"a function on {label_of(cloud)} would contain {name}; no packaged module may import it")
