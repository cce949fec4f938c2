"""JSON Patch as Azure Digital Twins takes it: add, replace and remove on properties, the model and source times.

Rules: learn.microsoft.com digital-twins/how-to-manage-twin. A part of an object is patched only once the object is
there. A source time is set beside its value; where only the value is patched later, the old source time stays.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.emulator.l4.digital_twins_errors import ServiceError

_OPERATIONS = ("add", "replace", "remove")
METADATA = "$metadata"


def patched(document: Mapping[str, Any], operations: Any, now: str) -> dict[str, Any]:  # noqa: ANN401 - a client's
    """A new document; `now` is when what changed was updated. Raises ServiceError, with nothing changed."""
    if not isinstance(operations, list) or not operations:
        raise ServiceError("JsonPatchInvalid", "A JSON Patch is a list of operations.")
    changed = copy.deepcopy(dict(document))
    times: list[tuple[tuple[str, ...], Any]] = []
    for each in operations:
        operation, path = _read(each)
        if path[0] == METADATA or (len(path) > 1 and path[1] == METADATA):
            if path == (METADATA, "$model"):
                changed[METADATA]["$model"] = each["value"]
            elif path[-1] == "sourceTime" and operation != "remove":
                times.append((path, each["value"]))
            else:
                raise ServiceError("JsonPatchInvalid", f"{each['path']} cannot be patched.")
        else:
            _apply(changed, operation, path, each)
            _note(changed, path, now)
    for path, value in times:  # a value that comes later in the same patch may be what it is the time of
        _set_time(changed, path, value)
    return changed


def _read(operation: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - a client's
    if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
        raise ServiceError("JsonPatchInvalid", f"op must be one of {', '.join(_OPERATIONS)}.")
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/") or path == "/":
        raise ServiceError("JsonPatchInvalid", f"{path!r} is no path.")
    if operation["op"] != "remove" and operation.get("value") is None:
        raise ServiceError("JsonPatchInvalid", f"{path} has no value.")
    steps = tuple(each.replace("~1", "/").replace("~0", "~") for each in path[1:].split("/"))
    if steps[0] in ("$dtId", "$etag"):
        raise ServiceError("JsonPatchInvalid", f"{path} cannot be patched.")
    return operation["op"], steps


def _apply(document: dict[str, Any], operation: str, path: Sequence[str], each: Mapping[str, Any]) -> None:
    parent: Any = document
    for step in path[:-1]:
        parent = parent.get(step) if isinstance(parent, dict) else None
    last = path[-1]
    if isinstance(parent, list):
        _apply_to_list(parent, operation, last, each)
        return
    if not isinstance(parent, dict):
        raise ServiceError(
            "JsonPatchInvalid", f"{each['path']}: there is nothing above it; add the whole object first."
        )
    if operation != "add" and last not in parent:
        raise ServiceError(
            "JsonPatchInvalid", f"{each['path']} is not there, so it cannot be the target of {operation}."
        )
    if operation == "remove":
        del parent[last]
    else:
        parent[last] = each["value"]


def _apply_to_list(items: list[Any], operation: str, last: str, each: Mapping[str, Any]) -> None:
    at = len(items) if last == "-" else int(last) if last.isdecimal() else -1
    if not 0 <= at < len(items) + (operation == "add"):
        raise ServiceError("JsonPatchInvalid", f"{each['path']} is outside of the array.")
    if operation == "add":
        items.insert(at, each["value"])
    elif operation == "replace":
        items[at] = each["value"]
    else:
        del items[at]


def _note(document: dict[str, Any], path: Sequence[str], now: str) -> None:
    """When the property was updated; a component has its own `$metadata`."""
    inside = document.get(path[0])
    component = len(path) > 1 and isinstance(inside, dict) and METADATA in inside
    holder, name = (inside, path[1]) if component and isinstance(inside, dict) else (document, path[0])
    metadata = holder.setdefault(METADATA, {})
    if name not in holder:
        metadata.pop(name, None)
    elif not (isinstance(holder[name], dict) and METADATA in holder[name]):
        metadata[name] = {**metadata.get(name, {}), "lastUpdateTime": now}


def _set_time(document: dict[str, Any], path: Sequence[str], value: Any) -> None:  # noqa: ANN401 - a client's
    holder: Any = document
    for step in path[:-1]:
        holder = holder.get(step) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        raise ServiceError("JsonPatchInvalid", f"/{'/'.join(path)} is the time of a property that is not there.")
    if not isinstance(value, str):
        raise ServiceError("JsonPatchInvalid", f"/{'/'.join(path)} must be a time as a text.")
    holder["sourceTime"] = value
