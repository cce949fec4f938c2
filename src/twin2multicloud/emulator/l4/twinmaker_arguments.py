"""What a request to the emulated TwinMaker says, checked as the service does: filters, names, limits and pages."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_RESULTS, USUAL_RESULTS = 200, 100
Arguments = Mapping[str, Any]


class ServiceError(Exception):
    """An error as the service names it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def filters(asked: Arguments, *names: str) -> dict[str, Any]:
    """The one filter of a list, by name."""
    found: dict[str, Any] = {}
    for each in asked.get("filters") or ():
        unknown = each.keys() - set(names)
        if unknown:
            raise ServiceError("ValidationException", f"there is no filter {min(unknown)!r}")
        found |= each
    return found


def known(asked: Arguments, definitions: Mapping[str, Any]) -> list[str]:
    """The selected properties, each once and each declared."""
    selected: list[str] = asked.get("selectedProperties") or []
    for each in selected:
        if each not in definitions:
            raise ServiceError("ValidationException", f"there is no property {each!r}")
    return list(dict.fromkeys(selected))


def text(asked: Arguments, name: str) -> str:
    """A parameter that must be a text."""
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise ServiceError("ValidationException", f"{name} is missing")
    return value


def limit(asked: Arguments) -> int:
    """How many results are asked for; 0 is the usual number."""
    most = asked.get("maxResults") or USUAL_RESULTS
    if not isinstance(most, int) or not 0 < most <= MOST_RESULTS:
        raise ServiceError("ValidationException", f"maxResults must be from 0 to {MOST_RESULTS}, found {most!r}")
    return most


def page(rows: Sequence[Any], asked: Arguments) -> tuple[list[Any], dict[str, str]]:
    """A page of a list; an empty token is none: the Go SDK of the Grafana plugin sends one."""
    most, token = limit(asked), asked.get("nextToken") or "0"
    if not str(token).isdecimal():
        raise ServiceError("ValidationException", "nextToken was not issued by this service")
    start = int(token)
    more = {"nextToken": str(start + most)} if start + most < len(rows) else {}
    return list(rows[start : start + most]), more
