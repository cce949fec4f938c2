"""What differs between two descriptions of one twin, in lines for people. Reads no file."""

from collections.abc import Iterator, Mapping

import msgspec

from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.twin import Twin

_BY_NAME = ("catalog", "hierarchy", "events")
_PLAIN = str | int | float | bool | None


def twin_changes(before: Twin, after: Twin) -> tuple[str, ...]:
    """``+ device turbine-11``, ``~ type turbine``, ``~ mode: debug → production``: a line for each difference."""
    return (
        *_named("type", _by(before.catalog.types, "name"), _by(after.catalog.types, "name")),
        *_named("device", _by(before.catalog.devices, "id"), _by(after.catalog.devices, "id")),
        *_named("group", _by(before.catalog.groups, "name"), _by(after.catalog.groups, "name")),
        *_hierarchy(before.hierarchy, after.hierarchy),
        *_named("rule", _by(before.events, "name"), _by(after.events, "name")),
        *_settings(before, after),
    )


def code_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """``~ processors/calibrate.py``: a line for each file of user code; the mappings hold a digest for each path."""
    return tuple(
        f"{_sign(before.get(name), after.get(name))} {name}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _by(entries: tuple[object, ...], key: str) -> dict[str, object]:
    return {getattr(each, key): each for each in entries}


def _named(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield f"{_sign(before.get(name), after.get(name))} {kind} {name}"


def _hierarchy(before: Hierarchy, after: Hierarchy) -> Iterator[str]:
    lines = list(_named("entity", _entities(before), _entities(after)))
    yield from lines
    if not lines and before != after:
        yield "~ hierarchy"


def _entities(hierarchy: Hierarchy) -> dict[str, object]:
    """Each entity by itself: one below it is another line."""
    return {each.id: msgspec.structs.replace(each, children=()) for _, each in hierarchy.walk()}


def _settings(before: Twin, after: Twin) -> Iterator[str]:
    for name in Twin.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old != new and name not in _BY_NAME:
            plain = isinstance(old, _PLAIN) and isinstance(new, _PLAIN)
            yield f"~ {name}: {_text(old)} → {_text(new)}" if plain else f"~ {name}"


def _text(value: object) -> str:
    return "none" if value is None or value == "" else str(value)


def _sign(before: object, after: object) -> str:
    return "+" if before is None else "−" if after is None else "~"
