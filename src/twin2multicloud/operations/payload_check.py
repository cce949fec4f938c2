"""What one message of a device becomes, step by step, by the dispatcher's own code. Sends and prints nothing."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from twin2multicloud.domain.conversions import converted
from twin2multicloud.domain.device import DataType, DeviceCatalog, Scalar
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Reading, values_of
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.domain.twin import Twin
from twin2multicloud.functions.payloads.formats import FLAT, Format, Formats, scaled
from twin2multicloud.functions.payloads.frame import Frame, leaves
from twin2multicloud.functions.readings import from_device
from twin2multicloud.functions.triggers import RawReading

_AT_BYTE = re.compile(r"at byte (\d+)")
_AROUND = 30  # characters before and after a marked place


class Step(msgspec.Struct, frozen=True):
    """One thing that was done with the message. `marked` is a line of it and the column of the fault, from 0."""

    name: str
    text: str
    good: bool = True
    marked: tuple[str, int] | None = None


def check_payload(body: bytes, device_id: str, twin: Twin, now: str) -> list[Step]:
    """Every step, the last of each reading being the reading or the reason why there is none.

    Raises ConfigurationError for a device that the twin does not have.
    """
    device_type = twin.catalog.type_of(device_id)
    if device_type is None:
        raise ConfigurationError(f"the twin has no device {device_id!r}{hint(device_id, twin.catalog.ids())}")
    formats = Formats(twin.catalog)
    format_ = formats.of_publish(device_id, body)
    preset = FLAT if format_ is None else format_.payload.preset
    steps = [
        Step("device", f"{device_id}, of the type {device_type.name}, payload {preset}"),
        Step("message", f"{len(body):,} bytes"),
    ]
    if format_ is not None:
        steps += _format_steps(body, format_, now)
    left_out: list[str] = []
    raw = RawReading(body, device_id)
    for outcome in from_device(raw, now, twin.clock_skew, left_out, formats):
        steps += (
            _reading_steps(outcome, twin.catalog) if isinstance(outcome, Reading) else [_refusal(outcome.reason, body)]
        )
    steps += [Step("left out", reason, good=False) for reason in left_out]
    return steps


def _format_steps(body: bytes, format_: Format, now: str) -> Iterator[Step]:
    """How a format takes a message apart; what fails is told by the reading's own step."""
    try:
        frames = format_.frames(body, now)
    except (InvalidTelemetryError, RecursionError):
        return
    yield Step("records", f"{len(frames)} of one device at one time each")
    for number, frame in enumerate(frames, 1):
        yield from _frame_steps(f"record {number}", frame, format_)


def _frame_steps(name: str, frame: Frame, format_: Format) -> Iterator[Step]:
    try:
        device, selector = format_.selector(frame)
        places = selector.places(frame)
    except (InvalidTelemetryError, RecursionError):
        return
    if device is not None:
        yield Step(name, f"device: {device}, by its own type")
    yield Step(name, f"time: {_time(frame.time)}")
    for declared, where, value in places:
        made = _attempt(value, declared, where)
        change = "" if made == _json(value) else f" → {made}"
        yield Step(name, f"{declared.name}: {_json(value)} at {where.path}{change}")
    read = {where.path for _, where, _ in places}
    rest = [path for path in (".".join(keys) for keys, _ in leaves(frame.values)) if path not in read]
    if rest:
        yield Step(name, f"not read: {', '.join(rest)}")


def _attempt(value: object, declared: Any, where: Any) -> str:  # noqa: ANN401 - a property and its path
    try:
        return _json(scaled(value, declared, where))
    except InvalidTelemetryError as error:
        return str(error)


def _time(value: object) -> str:
    if value is None:
        return "none, so that of arrival"
    try:
        return f"{_json(value)} → {canonical(value)}"  # type: ignore[arg-type]  # raises for what is neither
    except ValueError as error:
        return str(error)


def _reading_steps(reading: Reading, catalog: DeviceCatalog) -> Iterator[Step]:
    flat = reading.flat
    yield Step("reading", _json(flat))
    device_type = catalog.type_of(reading.key.device_id)
    if device_type is None:
        yield Step("reading", f"the twin has no device {reading.key.device_id!r}", good=False)
        return
    for name, value in values_of(flat).items():
        declared = device_type.property(name)
        if declared is None:
            yield Step("reading", f"{name} is no property of the type {device_type.name}")
        elif not declared.data_type.admits(value):
            yield _conversion(name, value, declared.data_type)


def _conversion(name: str, value: Scalar, data_type: DataType) -> Step:
    """What the processor's exit makes of a value of another type than declared."""
    try:
        return Step("reading", f"{name} is {_json(value)}, stored as {_json(converted(value, data_type))}: {data_type}")
    except ValueError:
        return Step("reading", f"{name} is {_json(value)}, left out: its type is {data_type}", good=False)


def _refusal(reason: str, body: bytes) -> Step:
    at = _AT_BYTE.search(reason)
    return Step("refused", reason, good=False, marked=_marked(body, int(at[1])) if at else None)


def _marked(body: bytes, place: int) -> tuple[str, int]:
    """The line around a byte, shortened, and the column of the byte in it."""
    before, after = body[:place].decode("utf-8", "replace"), body[place:].decode("utf-8", "replace")
    head = before.rsplit("\n", 1)[-1]
    head = head if len(head) <= _AROUND else f"…{head[-_AROUND:]}"
    tail = after.split("\n", 1)[0][:_AROUND]
    line = "".join(character if character.isprintable() else "·" for character in head + tail)
    return line, len(head)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
