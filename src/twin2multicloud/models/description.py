"""What every export says of a twin: types, entities, components. Between the domain and the formats, both ways.

A format is a module with `write(description)` and `read(document)`. What a format cannot say is in its docstring. The
devices of a group are components one by one: no format knows groups, so a group comes back as its devices.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from twin2multicloud.domain.device import DataType
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.domain.twin_graph import PropertyModel, TwinModel, properties_of

MOST_COMPONENTS = 50_000
"""In one export: Azure's import takes files of 100 MB, and a person has to look at them."""


class DescribedType(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A component type."""

    name: str
    properties: tuple[PropertyModel, ...]


class DescribedEntity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entity. `parent` is None at the top."""

    id: str
    name: str
    parent: str | None = None


class DescribedComponent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A component of an entity, and the device that feeds it."""

    entity: str
    name: str
    type: str
    device: str


class Description(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole twin, parents before children. Equal descriptions are the same twin to every L4."""

    twin: str
    types: tuple[DescribedType, ...] = ()
    entities: tuple[DescribedEntity, ...] = ()
    components: tuple[DescribedComponent, ...] = ()

    def of(self, entity: str) -> list[DescribedComponent]:
        """The components of an entity."""
        return [each for each in self.components if each.entity == entity]


def describe(twin: Twin, *, members: bool = True) -> Description:
    """A twin's description, without the members of its groups if asked for.

    Raises FinalError for one with more components than a file should hold.
    """
    model = TwinModel(twin.hierarchy, twin.catalog)
    components: list[DescribedComponent] = []
    for entity in model.entities():
        names = model.component_names(entity.id) if members else model.named(entity.id)
        found = (model.component(entity.id, name) for name in islice(names, MOST_COMPONENTS + 1))
        components += [
            DescribedComponent(entity=entity.id, name=one.name, type=one.type, device=one.device)
            for one in found
            if one is not None
        ]
        if len(components) > MOST_COMPONENTS:
            raise FinalError(f"an export holds up to {MOST_COMPONENTS:,} components, and the twin has more")
    return Description(
        twin=twin.name,
        types=tuple(DescribedType(name=each.name, properties=tuple(properties_of(each))) for each in model.types),
        entities=tuple(DescribedEntity(id=each.id, name=each.name, parent=each.parent) for each in model.entities()),
        components=tuple(components),
    )


def project_files(description: Description) -> dict[str, dict[str, Any]]:
    """The two files of a project that say the same: its devices and its hierarchy."""
    devices = {each.device: each.type for each in description.components}
    return {
        "config_iot_devices.json": {
            "types": {
                each.name: {"properties": [_property(one) for one in each.properties]} for each in description.types
            },
            "devices": [{"id": device, "type": kind} for device, kind in devices.items()],
        },
        "config_hierarchy.json": {"entities": [_tree(each, description) for each in _children(None, description)]},
    }


def _tree(entity: DescribedEntity, description: Description) -> dict[str, Any]:
    components = [{"name": each.name, "device": each.device} for each in description.of(entity.id)]
    children = [_tree(each, description) for each in _children(entity.id, description)]
    return {
        "id": entity.id,
        "name": entity.name,
        **({"components": components} if components else {}),
        **({"children": children} if children else {}),
    }


def _children(parent: str | None, description: Description) -> Iterable[DescribedEntity]:
    return (each for each in description.entities if each.parent == parent)


def _property(each: PropertyModel) -> dict[str, Any]:
    said: dict[str, Any] = {"name": each.name, "data_type": each.data_type.value}
    if each.unit:
        said["unit"] = each.unit
    said |= {key: value for key in ("initial", "constant") if (value := getattr(each, key)) is not None}
    return said


def scalar(value: Any, data_type: DataType) -> Any:  # noqa: ANN401 - a scalar of the type
    """A value from a document as its type has it: a DOUBLE's 20 is 20.0."""
    return float(value) if data_type is DataType.DOUBLE and value is not None else value
