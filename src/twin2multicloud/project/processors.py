"""The user's code, ``processors/*.py`` and ``actions/*.py``. Owns whether each file is one of them.

Reads them, and never imports or runs them.
"""

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from twin2multicloud.project.imports import RUNTIME
from twin2multicloud.project.names import PROCESSOR
from twin2multicloud.project.places import Place, Problem, quoted
from twin2multicloud.project.walk import ReportProblem

PROCESS, ACT = "process(telemetry)", "act(event)"
"""What a processor and an action define."""


def find_processors(folder: Path, report: ReportProblem) -> dict[str, Path]:
    """The processors of a project by name. Those that are none are reported, and found all the same."""
    return _find(folder, "processors", PROCESS, report)


def find_actions(folder: Path, report: ReportProblem) -> dict[str, Path]:
    """The actions of a project by name, as `find_processors` does."""
    return _find(folder, "actions", ACT, report)


def _find(folder: Path, kind: str, defines: str, report: ReportProblem) -> dict[str, Path]:
    files = sorted((folder / kind).glob("*.py"))
    # Finder's "._calibrate.py" and an editor's ".#calibrate.py" are not the user's.
    found = {path.stem: path for path in files if not path.name.startswith(".")}
    for path in found.values():
        at = Place(f"{kind}/{path.name}")
        for problem in _check_file(path, at, defines):
            report(problem)
    return found


def find_data(folder: Path) -> dict[str, Path]:
    """The files beside the processors that their code may read, by path in ``processors/``; no hidden ones."""
    root = folder / "processors"
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    found = {path.relative_to(root): path for path in files if path.suffix != ".py" or path.parent != root}
    return {
        path.as_posix(): file
        for path, file in found.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    }


def _check_file(path: Path, at: Place, defines: str) -> Iterator[Problem]:
    if not re.fullmatch(PROCESSOR.pattern, path.stem):
        yield at.problem(f"the file name {quoted(path.stem)}", "lower-case letters, digits and underscores")
    try:
        source = path.read_bytes()
    except OSError as error:
        yield at.problem(f"a file that cannot be read ({error.strerror})", "a Python file")
        return
    yield from check_source(source, at, defines)


def check_source(source: bytes, at: Place, defines: str = PROCESS) -> Iterator[Problem]:
    """What keeps a source text from being user code: it does not parse, or has no fitting function."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape is its author's business
            tree = ast.parse(source, feature_version=min(RUNTIME, sys.version_info[:2]))
    except SyntaxError as error:
        yield (at / f"line {error.lineno or 1}").problem(f"a syntax error ({error.msg})", "Python")
        return
    except (ValueError, RecursionError, MemoryError) as error:
        yield at.problem(f"source that cannot be parsed ({error})", "Python")
        return
    yield from _check_function(tree, at, defines)


def _check_function(tree: ast.Module, at: Place, defines: str) -> Iterator[Problem]:
    name, expected = defines.partition("(")[0], f"def {defines} with exactly one parameter"
    named = [
        each
        for each in tree.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and each.name == name
    ]
    if not named:
        yield at.problem(f"no function {name}", expected)
        return
    last = named[-1]  # the one that counts at run time
    here = at / f"line {last.lineno}"
    if not isinstance(last, ast.FunctionDef):
        kind = "a class" if isinstance(last, ast.ClassDef) else "an async function"
        yield here.problem(f"{kind} {name}", expected)
    elif not _takes_one(last.args):
        yield here.problem(f"{name}({ast.unparse(last.args)})", expected)


def _takes_one(arguments: ast.arguments) -> bool:
    others = (*arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    return len(arguments.posonlyargs) + len(arguments.args) == 1 and not any(others)
