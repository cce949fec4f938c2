"""What a request to the emulated TwinMaker says, checked as the service does: names, patterns, limits and pages.

Clients check lengths and required members only, so that patterns are checked here. Patterns: botocore's model.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_RESULTS, USUAL_RESULTS = 200, 100
Arguments = Mapping[str, Any]
Answer = dict[str, Any]

_PATTERNS = {
    "workspaceId": (r"[a-zA-Z_0-9][a-zA-Z_\-0-9]*[a-zA-Z0-9]+", 128),
    "sceneId": (r"[a-zA-Z_0-9][a-zA-Z_\-0-9]*[a-zA-Z0-9]+", 128),
    "entityId": (r"[a-zA-Z0-9][a-zA-Z_\-0-9.:]*[a-zA-Z0-9]+", 128),
    "parentEntityId": (r"\$ROOT|[a-zA-Z0-9][a-zA-Z_\-0-9.:]*[a-zA-Z0-9]+", 128),
    "componentTypeId": (r"[a-zA-Z_.\-0-9:]+", 256),
    "componentName": (r"[a-zA-Z_\-0-9]+", 256),
    "propertyName": (r"[a-zA-Z_\-0-9]+", 256),
    "entityName": (r"[^\x00-\x1f\x7f]+", 256),
    "componentTypeName": (r"[^\x00-\x1f\x7f]*", 256),
    "description": (r"[\s\S]*", 2048),
    "role": (r"arn:(aws|aws-cn|aws-us-gov):iam::[0-9]{12}:role/.*", 2048),
    "s3Location": (r"arn:(aws|aws-cn|aws-us-gov):s3:::[a-zA-Z0-9_.\-]+", 1024),
    "contentLocation": (r"[sS]3://[A-Za-z0-9._/\-]+", 256),
}


class ServiceError(Exception):
    """An error as the service names it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def invalid(message: str) -> ServiceError:
    """A request that is wrong in itself."""
    return ServiceError("ValidationException", message)


def missing(what: str) -> ServiceError:
    """A resource that is not there."""
    return ServiceError("ResourceNotFoundException", f"there is no {what}")


def named(value: object, pattern: str) -> str:
    """A text that matches the service's pattern of that name."""
    allowed, longest = _PATTERNS[pattern]
    if not isinstance(value, str) or len(value) > longest or not re.fullmatch(allowed, value):
        shown = repr(value)[:200]
        raise invalid(f"{pattern} {shown} does not match {allowed!r} of at most {longest} characters")
    return value


def required(asked: Arguments, name: str) -> str:
    """A member that must be there, and match its pattern."""
    return named(text(asked, name), name)


def optional(asked: Arguments, *names: str) -> dict[str, Any]:
    """Those texts that are there, each held to its pattern."""
    return {name: named(asked[name], name) for name in names if asked.get(name) is not None}


def taken(asked: Arguments, *names: str) -> dict[str, Any]:
    """Those members that are there, as they are."""
    return {name: asked[name] for name in names if asked.get(name) is not None}


def mapping(asked: Arguments, name: str) -> Mapping[str, Any]:
    """A member that is an object of objects; empty where it is not there."""
    found = asked.get(name) or {}
    if not isinstance(found, Mapping) or not all(isinstance(each, Mapping) for each in found.values()):
        raise invalid(f"{name} must be an object of objects")
    return found


def refuse(asked: Arguments, *names: str) -> None:
    """Refuse members that the service takes and the emulator does not."""
    for name in names:
        if asked.get(name):
            raise invalid(f"{name} is not emulated")


def filters(asked: Arguments, *names: str) -> dict[str, Any]:
    """The filters of a list, by name."""
    found: dict[str, Any] = {}
    for each in asked.get("filters") or ():
        unknown = each.keys() - set(names)
        if unknown:
            raise invalid(f"there is no filter {min(unknown)!r}")
        found |= each
    return found


def known(asked: Arguments, definitions: Mapping[str, Any]) -> list[str]:
    """The selected properties, each once and each declared."""
    selected: list[str] = asked.get("selectedProperties") or []
    for each in selected:
        if each not in definitions:
            raise invalid(f"there is no property {each!r}")
    return list(dict.fromkeys(selected))


def text(asked: Arguments, name: str) -> str:
    """A parameter that must be a text."""
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is missing")
    return value


def limit(asked: Arguments, most: int = MOST_RESULTS, usual: int = USUAL_RESULTS) -> int:
    """How many results are asked for; 0 is the usual number."""
    wanted = asked.get("maxResults") or usual
    if not isinstance(wanted, int) or not 0 < wanted <= most:
        raise invalid(f"maxResults must be from 0 to {most}, found {wanted!r}")
    return wanted


def start_of(asked: Arguments) -> int:
    """Where a page begins; an empty token is none: the Go SDK of the Grafana plugin sends one."""
    token = asked.get("nextToken") or "0"
    if not str(token).isdecimal():
        raise invalid("nextToken was not issued by this service")
    return int(token)


def page(
    rows: Sequence[Any], asked: Arguments, most: int = MOST_RESULTS, usual: int = USUAL_RESULTS
) -> tuple[list[Any], dict[str, str]]:
    """A page of a list, and the token of the next one."""
    count, start = limit(asked, most, usual), start_of(asked)
    more = {"nextToken": str(start + count)} if start + count < len(rows) else {}
    return list(rows[start : start + count]), more


def names_of(values: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(repr(each) for each in values)
