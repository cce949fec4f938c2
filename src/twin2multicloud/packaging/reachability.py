"""What of a wiring module one function can reach, by the names that code uses. Owns the rule; reads no file.

Wiring is a table of builders by function, and ports that make an adapter when they are asked for. Names decide: a
definition that no reachable code names cannot run. That keeps too much where two things share a name, and never too
little: a text that looks something up counts as the name it spells, and a look-up that is computed is refused.
"""

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from twin2multicloud.domain.errors import TwinError

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef

_PLAIN = frozenset({"property", "cached_property", "staticmethod", "classmethod", "cache"})
"""Decorators that do nothing with a definition until it is named; any other may keep it somewhere."""

_LOOK_UPS = frozenset({"getattr", "attrgetter", "methodcaller"})
_ELUSIVE = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__", "__dict__"})
"""What finds code by other ways than its name. `import_module` finds a function's own module, see `sources`."""


def live(module: ast.Module, used: frozenset[str], function: str) -> ast.Module:
    """A wiring module without the definitions that none of the names `used` means, see `names_used`.

    Of a table by function's name with an entry for `function`, the others' entries go.
    """
    body = [_live_statement(each, used, function, _texts(module)) for each in module.body if _is_live(each, used)]
    return ast.Module(body=body, type_ignores=[])


@lru_cache(maxsize=1_000)
def names_used(module: ast.Module, *, inside: bool) -> frozenset[str]:
    """The names that a module's code uses: ``name``, and ``.name`` for an attribute.

    Bare names count in wiring modules only (`inside`); of other modules, what they import by name. Raises TwinError
    where a wiring module looks something up by what nobody can read off.
    """
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and _last_name(node.func) in _LOOK_UPS:
            found |= _looked_up(node, inside=inside)
        elif inside and isinstance(node, ast.Name):
            found.add(node.id)
        if inside and (_last_name(node) in _ELUSIVE or "*" in found):
            raise _elusive(node)
    return frozenset(found)


def _looked_up(call: ast.Call, *, inside: bool) -> set[str]:
    """The attributes that a call of `getattr` or the like names."""
    asked = call.args[1:2] if _last_name(call.func) == "getattr" else call.args[:1]
    texts = [each.value for each in asked if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if inside and len(texts) < len(asked):
        raise _elusive(call)
    return {f".{part}" for text in texts for part in text.split(".")}


def _is_live(statement: ast.stmt, used: frozenset[str], at_class_level: frozenset[str] | None = None) -> bool:
    """Whether a statement can run. A method is named by ``.name``, or by its class's other statements."""
    if not isinstance(statement, _Definition):
        return True
    name = statement.name
    if any(_last_name(each) not in _PLAIN for each in statement.decorator_list):
        return True
    bare = used if at_class_level is None else at_class_level
    return f".{name}" in used or name in bare or (name.startswith("__") and name.endswith("__"))


def _live_statement(statement: ast.stmt, used: frozenset[str], function: str, texts: frozenset[str]) -> ast.stmt:
    """The statement, or a copy with less in it: trees are shared."""
    fields = dict(ast.iter_fields(statement))
    if isinstance(statement, ast.ClassDef):
        own = _class_level(statement.body)
        body = [each for each in statement.body if _is_live(each, used, own)] or [ast.Pass()]
        return ast.copy_location(ast.ClassDef(**{**fields, "body": body}), statement)
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Dict):
        table = _own_entries(statement.value, function, texts)
        return ast.copy_location(type(statement)(**{**fields, "value": table}), statement)
    return statement


def _own_entries(table: ast.Dict, function: str, texts: frozenset[str]) -> ast.Dict:
    """A table by function's name without the entries of others: of those that nothing else in the module names."""
    keys = [each.value if isinstance(each, ast.Constant) else None for each in table.keys]
    if function not in keys:
        return table
    kept = [at for at, key in enumerate(keys) if key == function or not isinstance(key, str) or key in texts]
    return ast.copy_location(ast.Dict([table.keys[at] for at in kept], [table.values[at] for at in kept]), table)


@lru_cache(maxsize=1_000)
def _texts(module: ast.Module) -> frozenset[str]:
    """The texts in a module that are no table's keys."""
    keys = {id(key) for node in ast.walk(module) if isinstance(node, ast.Dict) for key in node.keys}
    constants = (node for node in ast.walk(module) if isinstance(node, ast.Constant) and id(node) not in keys)
    return frozenset(each.value for each in constants if isinstance(each.value, str))


def _class_level(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The bare names that a class uses while it is made: in assignments, decorators, defaults."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        waiting += _children(node)
    return frozenset(found)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What a node holds, without a function's body: that runs later, and sees no names of the class."""
    later = node.body if isinstance(node, _Function) else ()
    return (each for each in ast.iter_child_nodes(node) if each not in later)


def _last_name(node: ast.AST) -> str:
    """``name`` of ``name`` and ``module.name``; nothing of anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _elusive(node: ast.AST) -> TwinError:
    line = getattr(node, "lineno", 0)
    return TwinError(f"line {line} of wiring finds code by another way than its name, so nobody knows what to pack")
