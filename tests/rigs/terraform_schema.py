"""The committed provider schemas as the plugin protocol says them, and walks over values of their form.

Owns the step from ``terraform/schemas`` to tfplugin6 messages. A value is a dict of all attributes and blocks.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.rigs.terraform_wire import Field, encode

Block = Mapping[str, Any]
"""``{arguments, attributes}`` of a type, or of a block inside one."""

Visit = Callable[[tuple[str, ...], Any, bool, Any], Any]
"""(path, type, computed, value) -> the value to put there."""

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


def encoded(block: Block) -> bytes:
    """A Schema message."""
    return encode((2, _block(block)))


def visit(block: Block, value: dict[str, Any], change: Visit, path: tuple[str, ...] = ()) -> None:
    """Put what `change` says in the place of every attribute, here and in every block inside."""
    for name, argument in block["arguments"].items():
        if argument.get("block"):
            for item in _items(value.get(name)):
                visit(_inner(argument), item, change, (*path, name))
        else:
            computed = argument.get("computed", False)
            value[name] = change((*path, name), _type(argument), computed, value.get(name))
    for name, kind in block.get("attributes", {}).items():
        value[name] = change((*path, name), _computed_type(kind), True, value.get(name))


def _items(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _inner(argument: Block) -> Block:
    return {"arguments": argument["nested"], "attributes": argument.get("nested_computed", {})}


def _block(block: Block) -> bytes:
    secrets = {path.split(".")[-1] for path in block.get("sensitive", ())}
    return encode(*_fields(block, secrets))


def _fields(block: Block, secrets: set[str]) -> Iterator[Field]:
    for name, argument in block["arguments"].items():
        if argument.get("block"):
            yield 3, _nested(name, argument)
        else:
            required, computed = argument.get("required", False), argument.get("computed", False)
            yield 2, _attribute(name, _type(argument), required, computed, name in secrets)
    for name, kind in block.get("attributes", {}).items():
        yield 2, encode((1, name), (2, json.dumps(_computed_type(kind))), (6, 1), (7, int(name in secrets)))


def _attribute(name: str, kind: Any, required: bool, computed: bool, secret: bool) -> bytes:
    write_only = name.endswith("_wo")
    return encode(
        (1, name),
        (2, json.dumps(kind)),
        (4, int(required)),
        (5, int(not required)),
        (6, int(computed)),
        (7, int(secret)),
        (11, int(write_only)),
    )


def _nested(name: str, argument: Block) -> bytes:
    least = int(bool(argument.get("required")) and argument["nesting"] != "single")
    return encode(
        (1, name),
        (2, _block(_inner(argument))),
        (3, _NESTING[argument["nesting"]]),
        (4, least),
        (5, argument.get("max_items") or 0),
    )


def _type(argument: Block) -> Any:
    """An argument's cty type; one that holds objects without being a block is an attribute of object type."""
    if "nested" not in argument:
        return argument["type"]
    members = {name: _type(each) for name, each in argument["nested"].items()}
    members |= {name: _computed_type(each) for name, each in argument.get("nested_computed", {}).items()}
    return _collection(argument["nesting"], members)


def _computed_type(kind: Any) -> Any:
    if not isinstance(kind, dict):
        return kind
    members = {name: _computed_type(each) for name, each in kind["nested"].items()}
    return _collection(kind["nesting"], members)


def _collection(nesting: str, members: dict[str, Any]) -> Any:
    return ["object", members] if nesting == "single" else [nesting, ["object", members]]
