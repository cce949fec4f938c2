"""Protocol buffers and DynamicValues, as far as Terraform's plugin protocol needs them. Knows no message by name.

Sources: protobuf.dev/programming-guides/encoding; docs/plugin-protocol/tfplugin6 and object-wire-format of Terraform.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import msgpack

UNKNOWN = msgpack.Ext(0, b"\x00")
"""A value that is known after the apply."""

_VARINT, _BYTES = 0, 2
Field = tuple[int, bytes | str | int]


def encode(*fields: Field) -> bytes:
    """A message. An empty text and a zero are left out, as the encoding has it; an empty message is there."""
    out = bytearray()
    for number, value in fields:
        if not value and not isinstance(value, bytes):
            continue
        if isinstance(value, int):
            out += _varint(number << 3 | _VARINT) + _varint(int(value))
        else:
            raw = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | _BYTES) + _varint(len(raw)) + raw
    return bytes(out)


def decode(raw: bytes) -> dict[int, list[bytes | int]]:
    """A message as its fields by number, each with every value it has. Only varints and lengths occur here."""
    found: dict[int, list[bytes | int]] = {}
    rest = iter(raw)
    for tag in _varints(rest):
        number, kind = tag >> 3, tag & 7
        value = next(_varints(rest))
        found.setdefault(number, []).append(bytes(next(rest) for _ in range(value)) if kind == _BYTES else value)
    return found


def text(message: dict[int, list[bytes | int]], number: int) -> str:
    """A field that holds a text; empty where it is not there."""
    return _last(message, number).decode()


def submessage(message: dict[int, list[bytes | int]], number: int) -> dict[int, list[bytes | int]]:
    """A field that holds a message; empty where it is not there."""
    return decode(_last(message, number))


def value_of(message: dict[int, list[bytes | int]], number: int) -> Any:
    """A DynamicValue as Python has it; None where it is not there."""
    dynamic = submessage(message, number)
    if 1 in dynamic:
        return msgpack.decode(_last(dynamic, 1), ext_hook=lambda *_: UNKNOWN)
    return json.loads(_last(dynamic, 2)) if 2 in dynamic else None


def dynamic(value: Any) -> bytes:
    """A Python value as a DynamicValue."""
    return encode((1, msgpack.encode(value)))


def error(summary: str, detail: str = "") -> bytes:
    """An error diagnostic."""
    return encode((1, 1), (2, summary), (3, detail))


def attribute_paths(names: Sequence[str]) -> list[Field]:
    """Paths to attributes of the top level, as field 2: what makes a plan replace."""
    return [(2, encode((1, encode((1, name))))) for name in names]


def _last(message: dict[int, list[bytes | int]], number: int) -> bytes:
    value = message.get(number, [b""])[-1]
    assert isinstance(value, bytes)
    return value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varints(rest: Iterator[int]) -> Iterator[int]:
    """Varints until the bytes end."""
    for first in rest:
        number, shift, byte = first & 0x7F, 7, first
        while byte & 0x80:
            byte = next(rest)
            number |= (byte & 0x7F) << shift
            shift += 7
        yield number
