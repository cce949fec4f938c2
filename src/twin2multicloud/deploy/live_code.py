"""What of a wiring module one function can reach, by the names that code uses. Owns the rule; reads no file.

Wiring is a table of builders by function, and ports that make an adapter when they are asked for. Names decide: a
definition that no reachable code names cannot run. That keeps too much where two things share a name, and never too
little, as long as nothing is looked up by a text (`getattr`), which wiring does not do.
"""

import ast
from functools import lru_cache

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def live(module: ast.Module, used: frozenset[str], function: str) -> ast.Module:
    """A wiring module without the definitions that none of the names `used` means, see `names_used`.

    Of a table with an entry for `function`, the others' entries go.
    """
    body = [_live_statement(each, used, function) for each in module.body if _is_live(each, used, method=False)]
    return ast.Module(body=body, type_ignores=[])


@lru_cache(maxsize=1_000)
def names_used(module: ast.Module, *, inside: bool) -> frozenset[str]:
    """The names that a module's code uses: ``name``, and ``.name`` for an attribute.

    Bare names count in wiring modules only (`inside`); of other modules, what they import by name.
    """
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif inside and isinstance(node, ast.Name):
            found.add(node.id)
    return frozenset(found)


def _is_live(statement: ast.stmt, used: frozenset[str], *, method: bool) -> bool:
    if not isinstance(statement, _Definition):
        return True
    name = statement.name
    return f".{name}" in used or (name in used and not method) or (name.startswith("__") and name.endswith("__"))


def _live_statement(statement: ast.stmt, used: frozenset[str], function: str) -> ast.stmt:
    """The statement, or a copy with less in it: trees are shared."""
    fields = dict(ast.iter_fields(statement))
    if isinstance(statement, ast.ClassDef):
        return ast.ClassDef(
            **{**fields, "body": [each for each in statement.body if _is_live(each, used, method=True)]}
        )
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Dict):
        table = zip(statement.value.keys, statement.value.values, strict=True)
        own = [(key, made) for key, made in table if isinstance(key, ast.Constant) and key.value == function]
        if own:
            return type(statement)(**{**fields, "value": ast.Dict([key for key, _ in own], [made for _, made in own])})
    return statement
