"""Names that a module's code looks up and nobody binds: a NameError at run time. Owns the reading; runs nothing.

What only type checkers execute binds nothing here, and what was left out of a tree binds nothing either: so this also
says where `live_code` left out too much.
"""

import ast
import builtins
import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

_LOOKED_UP = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_BINDS = frozenset({"STORE_NAME", "STORE_GLOBAL"})


@lru_cache(maxsize=1_000)
def unbound(tree: ast.Module) -> frozenset[str]:
    """The names that code of a module uses and that neither it nor Python binds anywhere."""
    executed = ast.Module(body=list(_executed(tree.body)), type_ignores=[])
    code = compile(executed, "<module>", "exec", dont_inherit=True)
    bound = _names(code, _BINDS) | set(dir(builtins))
    bound |= {name for each in _within(code) for name in _names(each, frozenset({"STORE_GLOBAL"}))}
    return frozenset(name for each in _within(code) for name in _free(each) - bound)


def _free(code: CodeType) -> set[str]:
    """What one code object looks up outside of itself: a class finds its own names first.

    What begins with two underscores is Python's own.
    """
    return {name for name in _names(code, _LOOKED_UP) - _names(code, _BINDS) if not name.startswith("__")}


def _names(code: CodeType, operations: frozenset[str]) -> set[str]:
    return {str(each.argval) for each in dis.get_instructions(code) if each.opname in operations}


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _within(each)


def _executed(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module without what stands there for type checkers."""
    for each in body:
        if isinstance(each, ast.If) and isinstance(each.test, ast.Name) and each.test.id == "TYPE_CHECKING":
            yield from _executed(each.orelse)
        else:
            yield each
