"""JSON Schemas (2020-12) of the project's files, for editors and other programs. Owns turning a shape into one.

What is published is beside `project.documents`, in ``schemas/``; `tests.golden.regenerate` writes it.
"""

from pathlib import Path

import msgspec

from twin2multicloud.project import documents
from twin2multicloud.project.documents import DOCUMENTS, Document
from twin2multicloud.project.json_files import json_text, write_atomically
from twin2multicloud.project.places import Json
from twin2multicloud.project.shapes import (
    HUGE,
    AnyScalar,
    ByKey,
    Either,
    Field,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Named,
    Number,
    Record,
    Shape,
    Tagged,
    Text,
    Word,
)

SCHEMA_FOLDER = Path(documents.__file__).with_name("schemas")
"""Where the published copies are, in the package as in the repository."""

Schema = dict[str, Json]


def schema_file(document: Document) -> str:
    """The name of a file's schema: ``config.schema.json``."""
    return f"{Path(document.file).stem}.schema.json"


def schema_of(document: Document) -> Schema:
    """The JSON Schema of one file. What several keys or files have to agree on is beyond it."""
    defs: Schema = {}
    body = _schema(document.shape, defs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": document.file,
        "description": document.description,
        **body,
        **({"$defs": defs} if defs else {}),
    }


def publish(folder: Path = SCHEMA_FOLDER) -> None:
    """Write every schema to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in DOCUMENTS:
        write_atomically(folder / schema_file(document), json_text(schema_of(document)))


def _schema(shape: Shape, defs: Schema) -> Schema:
    match shape:
        case Text():
            return {"type": "string", "pattern": f"^(?:{shape.pattern})$"}
        case Word():
            return {"enum": [*shape.words, *shape.aliases]}
        case Integer():
            return {"type": "integer", "minimum": shape.minimum, "maximum": shape.maximum}
        case Number():
            return {"type": "number", **_bounds(shape)}
        case Flag():
            return {"type": "boolean"}
        case AnyScalar():
            return {"type": ["string", "number", "boolean"]}
        case ListOf():
            least = {"minItems": shape.minimum} if shape.minimum else {}
            return {"type": "array", "items": _schema(shape.item, defs), **least}
        case MapOf():
            keys = {"pattern": _schema(shape.key, defs)["pattern"]}
            return {"type": "object", "propertyNames": keys, "additionalProperties": _schema(shape.item, defs)}
        case Record():
            return _record(shape, defs)
        case Tagged():
            return {"oneOf": [_schema(shape.case(word), defs) for word in shape.cases]}
        case ByKey():
            records = {id(record): record for _, record in shape.cases}
            return {"oneOf": [_schema(record, defs) for record in records.values()]}
        case Either():
            return {"anyOf": [_schema(shape.short, defs), _schema(shape.record, defs)]}
        case Named():
            return _named(shape, defs)


def _bounds(shape: Number) -> Schema:
    least = {} if shape.minimum == -HUGE else {"minimum": shape.minimum}
    most = {} if shape.maximum == HUGE else {"maximum": shape.maximum}
    return least | most


def _record(shape: Record, defs: Schema) -> Schema:
    required = [name for name, field in shape.fields.items() if field.required]
    return {
        "type": "object",
        "properties": {name: _field(field, defs) for name, field in shape.fields.items()},
        **({"required": required} if required else {}),
        **({"oneOf": [{"required": [name]} for name in shape.exactly_one]} if shape.exactly_one else {}),
        "additionalProperties": False,
    }


def _field(field: Field, defs: Schema) -> Schema:
    default = {} if field.default is msgspec.UNSET else {"default": msgspec.to_builtins(field.default)}
    return {**_schema(field.shape, defs), "description": field.description, **default}


def _named(shape: Named, defs: Schema) -> Schema:
    if shape.name not in defs:
        defs[shape.name] = {}  # before its content, which may name it again
        defs[shape.name] = _schema(shape.resolve(), defs)
    return {"$ref": f"#/$defs/{shape.name}"}
