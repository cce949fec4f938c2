"""Checks a rendered configuration against the providers' schemas, without an engine. Owns what counts as a mismatch.

It knows arguments, their types, blocks and their counts, references and secrets in outputs. It does not know enums,
patterns or what a service refuses: for that there are real providers. Schemas: see `twin2multicloud.terraform.schemas`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Json = Any
Schemas = Mapping[str, Mapping[str, Any]]
_META = frozenset({"depends_on", "count", "for_each", "provider", "lifecycle"})
_EXPRESSION = re.compile(r"(?<!\$)\$\{(.*?)\}", re.DOTALL)  # $${ is text, not a reference
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_REFERENCE = re.compile(r"(?<![\w.])(data\.)?([a-z]+_[a-z0-9_]+)\.([a-z_][\w]*)(?:\[\d+\])?(?:\.([a-z_]\w*))?")
_VARIABLE = re.compile(r"(?<![\w.])var\.(\w+)")
_COLLECTIONS = {"list": list, "set": list, "map": dict, "object": dict}
_BLOCKS = {"resource": "resources", "data": "data_sources"}


class Mismatch(msgspec.Struct, frozen=True, order=True):
    """One mismatch with a provider's schema: its place and reason."""

    address: str
    why: str

    def __str__(self) -> str:
        return f"{self.address}: {self.why}"


def mismatches(config: Mapping[str, Json], schemas: Schemas) -> list[Mismatch]:
    """All mismatches of a configuration with the schemas."""
    found: list[Mismatch] = []
    for block, kind, key, body in declared(config):
        schema = _schema(schemas, block, kind)
        address = _address(block, kind, key)
        if schema is None:
            found.append(Mismatch(address, "no schema has this type"))
        else:
            own = {name: value for name, value in body.items() if name not in _META}
            found += [Mismatch(*each) for each in _block(address, own, schema)]
    for name, arguments in config.get("provider", {}).items():
        found += [Mismatch(*each) for each in _block(f"provider.{name}", arguments, schemas[name]["provider"])]
    found += [Mismatch(*each) for each in _references(config, schemas)]
    found += [Mismatch(*each) for each in _secrets_in_outputs(config, schemas)]
    return sorted(found)


def declared(config: Mapping[str, Json]) -> Iterator[tuple[str, str, str, dict[str, Json]]]:
    """Every resource and data source: block, type, name and body."""
    for block in _BLOCKS:
        for kind, instances in config.get(block, {}).items():
            for key, body in instances.items():
                yield block, kind, key, body


def _address(block: str, kind: str, key: str) -> str:
    return f"data.{kind}.{key}" if block == "data" else f"{kind}.{key}"


def _schema(schemas: Schemas, block: str, kind: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = schemas.get(kind.split("_")[0], {}).get(_BLOCKS[block], {}).get(kind)
    return found


def _block(where: str, body: Json, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The mismatches of one block: its own arguments, then those of the blocks inside."""
    if not isinstance(body, dict):
        yield where, f"an object is expected, found {type(body).__name__}"
        return
    arguments, computed = schema["arguments"], schema.get("attributes", {})
    for name, value in body.items():
        argument = arguments.get(name)
        if argument is None:
            yield where, f"{name} is read-only" if name in computed else f"{name} is not an argument"
        elif "nested" in argument:
            yield from _nested(f"{where}.{name}", value, argument)
        elif not _fits(value, argument["type"]):
            yield where, f"{name} is {argument['type']}, found {value!r}"
    for name, argument in arguments.items():
        if argument.get("required") and body.get(name) is None:
            yield where, f"{name} is required"


def _nested(where: str, value: Json, argument: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A block, or an attribute that holds objects; both are written as arrays, so that none reads as the other."""
    if argument["nesting"] not in ("list", "set"):
        items = [value]
    elif isinstance(value, list):
        items = value
    else:
        yield where, "an array is expected"
        return
    limit = argument.get("max_items") or len(items)
    if len(items) > limit:
        yield where, f"at most {limit} are taken, found {len(items)}"
    if argument.get("required") and not items:
        yield where, "at least one is required"
    inner = {"arguments": argument["nested"], "attributes": argument.get("nested_computed", {})}
    for index, item in enumerate(items):
        yield from _block(f"{where}[{index}]", item, inner)


def _fits(value: Json, kind: Json) -> bool:
    """Whether a value is of a type, or an expression that may be: what it gives is the engine's matter."""
    if isinstance(value, str) and _EXPRESSION.search(value):
        return True
    if isinstance(kind, list):
        inner = list(value.values()) if isinstance(value, dict) else value
        return isinstance(value, _COLLECTIONS[kind[0]]) and (
            kind[0] == "object" or all(_fits(each, kind[1]) for each in inner)
        )
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case _:
            return True  # dynamic


def _expressions(value: Json) -> Iterator[str]:
    """Every ``${...}`` in a value, without its quoted texts."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _expressions(each)
    elif isinstance(value, list):
        for each in value:
            yield from _expressions(each)
    elif isinstance(value, str):
        yield from (_QUOTED.sub('""', each) for each in _EXPRESSION.findall(value))


def _references(config: Mapping[str, Json], schemas: Schemas) -> Iterator[tuple[str, str]]:
    addresses = {_address(block, kind, key) for block, kind, key, _ in declared(config)}
    holders = [(_address(block, kind, key), body) for block, kind, key, body in declared(config)]
    holders += [
        (f"{block}.{key}", body) for block in ("output", "provider") for key, body in config.get(block, {}).items()
    ]
    for address, body in holders:
        for target in body.get("depends_on", ()):
            if target not in addresses:
                yield address, f"waits for {target}, which is not declared"
        for expression in _expressions(body):
            yield from ((address, why) for why in _broken(expression, config, addresses, schemas))


def _broken(expression: str, config: Mapping[str, Json], addresses: set[str], schemas: Schemas) -> Iterator[str]:
    for name in _VARIABLE.findall(expression):
        if name not in config.get("variable", {}):
            yield f"var.{name} is not declared"
    for data, kind, key, attribute in _REFERENCE.findall(expression):
        block = "data" if data else "resource"
        schema = _schema(schemas, block, kind)
        if _address(block, kind, key) not in addresses:
            yield f"{data}{kind}.{key} is not declared"
        elif schema is not None and attribute and attribute not in {**schema["arguments"], **schema["attributes"]}:
            yield f"{kind} has no attribute {attribute}"


def _secrets_in_outputs(config: Mapping[str, Json], schemas: Schemas) -> Iterator[tuple[str, str]]:
    for name, output in config.get("output", {}).items():
        for expression in _expressions(output["value"]):
            for data, kind, key, attribute in _REFERENCE.findall(expression):
                schema = _schema(schemas, "data" if data else "resource", kind) or {}
                if attribute in schema.get("sensitive", ()):
                    yield f"output.{name}", f"shows {kind}.{key}.{attribute}, which is a secret"
