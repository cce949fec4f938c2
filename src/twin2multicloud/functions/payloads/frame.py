"""What a preset makes of a message: frames, each with the values of one time. Owns the paths into a message."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.domain import foreign_json
from twin2multicloud.domain.telemetry import InvalidTelemetryError

_decode = msgspec.json.Decoder().decode
_SHOWN, _LONGEST = 8, 40  # paths that a sentence names, and how much of each
MISSING = object()


class Frame(NamedTuple):
    """The values of one device at one time.

    `values` is an object, nested as it came; paths start there, those with ``$.`` at `message`. `time` is as
    `domain.timestamps.canonical` reads it, None for the time of arrival. `device` is None for the sender.
    """

    time: Any
    values: Mapping[str, Any]
    message: Any
    device: str | None = None


def json_of(body: bytes) -> Any:  # noqa: ANN401 - whatever a device sent
    """The JSON in a message. Raises InvalidTelemetryError."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return foreign_json.read(body)
        except foreign_json.ForeignJsonError as error:
            raise InvalidTelemetryError(str(error)) from error


def object_of(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object. Raises InvalidTelemetryError, which names `what` it should have been."""
    if not isinstance(value, dict):
        raise InvalidTelemetryError(f"{what} must be a JSON object, found {kind(value)}")
    return value


def at(path: str, values: Any, message: Any) -> Any:  # noqa: ANN401 - see `json_of`
    """What stands at a dotted path: ``ENERGY.Power``, ``rx.0.rssi``, ``$.received_at``; MISSING where nothing does.

    A key with dots of its own is found where it is the first one.
    """
    value, rest = (message, path[2:]) if path.startswith("$.") else (values, path)
    if isinstance(value, dict) and rest in value:
        return value[rest]
    for step in rest.split(".") if rest else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def leaves(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every scalar in nested objects with the keys that lead to it. Lists are not entered."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        elif not isinstance(value, list):
            yield (*above, key), value


def keys_of(values: Mapping[str, Any]) -> str:
    """The paths in a message, for a sentence."""
    paths = [".".join(path)[:_LONGEST] for path, _ in islice(leaves(values), _SHOWN + 1)]
    return ", ".join(paths[:_SHOWN]) + (", …" if len(paths) > _SHOWN else "") if paths else "nothing"


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case str():
            return "a text"
        case Sequence():
            return "a list"
        case _:
            return "a number"
