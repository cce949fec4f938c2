"""A twin as others' models, and projects from those: the table of formats, and both directions over files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.twin import Twin
from twin2multicloud.models import aas, dtdl, ngsi_ld, twin_service, twinmaker
from twin2multicloud.models.description import Description, describe, project_files
from twin2multicloud.project.json_files import write_atomically

_CONNECTORS = {
    "dataReader": Kind.DATA_CONNECTOR.value,
    "attributePropertyValueReaderByEntity": Kind.DATA_CONNECTOR_LAST_ENTRY.value,
}


class Format(NamedTuple):
    """One model of others: what it is for people, and both directions."""

    label: str
    write: Callable[[Description], Any]
    read: Callable[[Any], Description]


FORMATS = {
    "aws": Format("AWS IoT TwinMaker: component types and entities", twinmaker.write, twinmaker.read),
    "azure": Format("Azure Digital Twins: DTDL v3, twins and relationships", dtdl.write, dtdl.read),
    "gcp": Format("the twin service on Google Cloud", twin_service.write, twin_service.read),
    "ngsi-ld": Format("NGSI-LD entities", ngsi_ld.write, ngsi_ld.read),
    "aas": Format("Asset Administration Shell 3.1", aas.write, aas.read),
}


def export(twin: Twin, form: str) -> Any:  # noqa: ANN401 - a JSON document
    """A twin in a format. Raises ConfigurationError for an unknown format, FinalError for a twin that is too large."""
    chosen, description = _format(form), describe(twin)
    if form == "aws" and twin.placement[Slot.L3_HOT] != twin.placement[Slot.L4]:
        return twinmaker.write(description, _CONNECTORS)
    return chosen.write(description)


def import_into(folder: Path, document: bytes, form: str) -> Description:
    """Write the device and hierarchy files that a document says into a folder, which must have neither.

    Raises ConfigurationError, with nothing written, for a document that is not one of the format.
    """
    chosen = _format(form)
    try:
        description = chosen.read(msgspec.json.decode(document))
    except FinalError:
        raise
    except (msgspec.DecodeError, msgspec.ValidationError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"this is no document that `t2mc twin export --for {form}` writes: {error!r}"
        ) from error
    files = project_files(description)
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise ConfigurationError(f"{folder / there[0]} exists; import into another folder, or remove it first")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    return description


def _format(form: str) -> Format:
    found = FORMATS.get(form)
    if found is None:
        raise ConfigurationError(f"no format {form!r}{hint(form, FORMATS) or '; there is ' + ', '.join(FORMATS)}")
    return found
