"""DTDL interfaces as Azure Digital Twins takes them (v2 and v3), and twins held against them.

Rules: azure/opendigitaltwins-dtdl, DTDL.v2.md and DTDL.v3.md; learn.microsoft.com digital-twins/concepts-models.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError

Json = Mapping[str, Any]
Find = Callable[[str], Json | None]
"""The interface of that id."""

_NAME = re.compile("[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")
_DTMI = re.compile(
    r"dtmi:(?:[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?)(?::[A-Za-z_](?:[A-Za-z0-9_]*[A-Za-z0-9])?)*;[1-9]\d{0,8}"
)
_CONTEXTS = ("dtmi:dtdl:context;2", "dtmi:dtdl:context;3")
_KINDS = ("Property", "Telemetry", "Relationship", "Component", "Command")
_DEEPEST = 10  # of `extends`
_LONGEST_STRING = 4096  # bytes (digital-twins service limits)
_WHOLE = {"integer": 31, "long": 63}
_TEXTS = frozenset({"string", "date", "dateTime", "time", "duration"})
_GEOMETRIES = frozenset({"point", "multiPoint", "lineString", "multiLineString", "polygon", "multiPolygon"})
_PRIMITIVES = {"boolean", "double", "float", *_WHOLE, *_TEXTS, *_GEOMETRIES}


def kind_of(element: Json) -> str:
    """What an element of `contents` is, without the semantic types that may stand beside it."""
    found = element.get("@type")
    kinds = found if isinstance(found, list) else [found]
    return next((str(each) for each in kinds if each in _KINDS), "")


def extended(interface: Json) -> list[str]:
    """The ids of the interfaces that one extends."""
    found = interface.get("extends", [])
    return [_id(each) for each in (found if isinstance(found, list) else [found])]


def references(interface: Json) -> Iterator[str]:
    """The ids that an interface needs to be there: those it extends, and those of its components."""
    yield from extended(interface)
    for each in interface.get("contents", ()):
        if kind_of(each) == "Component":
            yield _id(each.get("schema"))


def _id(reference: Any) -> str:  # noqa: ANN401 - an id, or an interface in its place
    return str(reference.get("@id") if isinstance(reference, Mapping) else reference)


def contents(interface: Json, find: Find, depth: int = 0) -> dict[str, Json]:
    """The elements of an interface by name, inherited ones first."""
    if depth > _DEEPEST:
        raise ServiceError("DTDLParserError", f"{interface['@id']} extends more than {_DEEPEST} levels")
    found: dict[str, Json] = {}
    for parent in extended(interface):
        if (above := find(parent)) is not None:
            found |= contents(above, find, depth + 1)
    return found | {each["name"]: each for each in interface.get("contents", ())}


def check_models(models: Iterable[Any], find: Find) -> list[dict[str, Any]]:
    """New interfaces that are valid, together and with those that are there. Raises ServiceError."""
    new: dict[str, dict[str, Any]] = {}
    for each in models:
        model_id = _check_interface(each)
        if model_id in new or find(model_id) is not None:
            raise ServiceError("ModelAlreadyExists", f"Some of the model ids already exist: {model_id}.")
        new[model_id] = each

    def known(model_id: str) -> Json | None:
        return new.get(model_id) or find(model_id)

    for model_id, each in new.items():
        for reference in references(each):
            if known(reference) is None:
                raise ServiceError("DTDLParserError", f"{model_id} refers to {reference}, which is not there.")
        contents(each, known)
    return list(new.values())


def _check_interface(model: Any) -> str:  # noqa: ANN401 - what a client sent
    if not isinstance(model, dict) or model.get("@type") != "Interface":
        raise ServiceError("DTDLParserError", "A model is a JSON object with @type Interface.")
    model_id = model.get("@id")
    if not isinstance(model_id, str) or len(model_id) > 128 or not _DTMI.fullmatch(model_id):
        raise ServiceError("InvalidArgument", f"{str(model_id)[:200]!r} is not a valid model id.")
    context = model.get("@context")
    if not set(_CONTEXTS) & set(context if isinstance(context, list) else [context]):
        raise ServiceError("ModelVersionNotSupported", f"{model_id}: @context must be one of {', '.join(_CONTEXTS)}.")
    names: set[str] = set()
    for each in model.get("contents", ()):
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in names:
            raise ServiceError("DTDLParserError", f"{model_id}: {name!r} is no name of an element, or stands twice.")
        names.add(name)
        _check_element(model, each)
    return model_id


def _check_element(model: Json, element: Json) -> None:
    where = f"{model['@id']}: {element['name']}"
    kind = kind_of(element)
    if not kind:
        raise ServiceError("DTDLParserError", f"{where} has no @type of {', '.join(_KINDS)}.")
    if kind in ("Property", "Telemetry"):
        _check_schema(model, element.get("schema"), where)
    if kind == "Component" and not isinstance(element.get("schema"), str | dict):
        raise ServiceError("DTDLParserError", f"{where} is a component without a schema.")
    for each in element.get("properties", ()) if kind == "Relationship" else ():
        _check_schema(model, each.get("schema"), f"{where}.{each.get('name')}")


def _check_schema(model: Json, schema: Any, where: str, depth: int = 0) -> None:  # noqa: ANN401 - see `_check_interface`
    found = _resolved(model, schema)
    if isinstance(found, str) and found in _PRIMITIVES:
        return
    if not isinstance(found, dict) or depth > 5:
        raise ServiceError("DTDLParserError", f"{where} has no schema that DTDL knows: {str(schema)[:100]!r}.")
    match found.get("@type"):
        case "Enum":
            if not found.get("enumValues"):
                raise ServiceError("DTDLParserError", f"{where} is an Enum without values.")
        case "Object":
            for each in found.get("fields", ()):
                _check_schema(model, each.get("schema"), f"{where}.{each.get('name')}", depth + 1)
        case "Map":
            _check_schema(model, found.get("mapValue", {}).get("schema"), where, depth + 1)
        case "Array":
            _check_schema(model, found.get("elementSchema"), where, depth + 1)
        case other:
            raise ServiceError("DTDLParserError", f"{where} has no schema that DTDL knows: {other!r}.")


def _resolved(model: Json, schema: Any) -> Any:  # noqa: ANN401 - see `_check_interface`
    """A schema by its id, where the interface has it among its own `schemas`."""
    if isinstance(schema, str) and schema.startswith("dtmi:"):
        return next((each for each in model.get("schemas", ()) if each.get("@id") == schema), schema)
    return schema


def check_values(twin: Json, interface: Json, find: Find, where: str = "") -> None:
    """Hold a twin's (or a component's) properties against its interface. Raises ServiceError."""
    elements = contents(interface, find)
    for name, value in twin.items():
        if name.startswith("$"):
            continue
        element = elements.get(name)
        path = f"{where}/{name}"
        if element is None or kind_of(element) not in ("Property", "Component"):
            raise ServiceError("ValidationFailed", f"{path} is no property of {interface['@id']}.")
        if kind_of(element) == "Component":
            inner = find(_id(element["schema"]))
            if inner is None or not isinstance(value, dict):
                raise ServiceError("ValidationFailed", f"{path} is a component, and must be an object.")
            check_values(value, inner, find, path)
        else:
            check_value(value, element.get("schema"), interface, path)
    for name, element in elements.items():
        if kind_of(element) == "Component" and name not in twin:
            raise ServiceError("ValidationFailed", f"{where}/{name} is a component that the twin must have.")


def check_value(value: Any, schema: Any, interface: Json, path: str) -> None:  # noqa: ANN401 - see `_check_interface`
    """Hold one value against a schema. Raises ServiceError."""
    found = _resolved(interface, schema)
    if isinstance(found, str):
        if not _is(found, value):
            raise ServiceError("ValidationFailed", f"{path} must be of schema {found}, found {str(value)[:60]!r}.")
        return
    match found.get("@type"):
        case "Enum":
            fits = value in [each.get("enumValue") for each in found["enumValues"]]
        case "Object":
            fields = {each["name"]: each.get("schema") for each in found.get("fields", ())}
            fits = isinstance(value, dict) and value.keys() - {"$metadata"} <= fields.keys()
            for name in fields.keys() & value.keys() if fits else ():
                check_value(value[name], fields[name], interface, f"{path}/{name}")
        case "Map":
            fits = isinstance(value, dict)
            for name, each in value.items() if fits else ():
                check_value(each, found["mapValue"].get("schema"), interface, f"{path}/{name}")
        case _:
            fits = isinstance(value, list)
            for each in value if fits else ():
                check_value(each, found.get("elementSchema"), interface, path)
    if not fits:
        raise ServiceError("ValidationFailed", f"{path} is no {found.get('@type')} of its schema.")


def _is(primitive: str, value: Any) -> bool:  # noqa: ANN401 - see `_check_interface`
    if primitive == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if bits := _WHOLE.get(primitive):
        return isinstance(value, int) and -(1 << bits) <= value < 1 << bits
    if primitive in ("double", "float"):
        return isinstance(value, int | float)
    if primitive in _TEXTS:
        return isinstance(value, str) and len(value.encode()) <= _LONGEST_STRING
    return isinstance(value, dict)
