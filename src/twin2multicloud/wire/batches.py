"""Splitting a batch into what one envelope, record or request can hold, by count and bytes. Sends nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.wire.limits import MAX_BODY_BYTES, MAX_MESSAGES

Item = tuple[int, bytes]
"""A reading, encoded, with its place in the batch."""

ENVELOPE_ROOM = 1024
"""Upper bound in bytes of an envelope's or record's fields without its messages."""

_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode


def cut(readings: Sequence[Reading], max_bytes: int = MAX_BODY_BYTES) -> tuple[list[list[Item]], list[int]]:
    """A batch in pieces that one envelope each can hold, in order, and the places of readings that none can hold.

    `max_bytes` is of an envelope: a queue may take less than an endpoint.
    """
    room = max_bytes - ENVELOPE_ROOM
    sizes = [len(reading.encoded) + 1 for reading in readings]
    items = [(place, reading.encoded) for place, reading in enumerate(readings)]
    if 0 < len(items) <= MAX_MESSAGES and sum(sizes) <= room:  # nearly always
        return [items], []
    too_large = [place for place, size in enumerate(sizes) if size > room]
    if too_large:
        items = [item for item in items if sizes[item[0]] <= room]
        sizes = [size for size in sizes if size <= room]
    return [items[start:end] for start, end in _ranges(sizes, MAX_MESSAGES, room)], too_large


def batches(
    items: Sequence[_T], *, most: int, max_bytes: int, size_of: Callable[[_T], int] = lambda item: len(_encode(item))
) -> Iterator[list[_T]]:
    """Items in batches that one request can hold: `most` of them, of so many bytes. None is left out."""
    for start, end in _ranges([size_of(item) for item in items], most, max_bytes):
        yield list(items[start:end])


def _ranges(sizes: Sequence[int], most: int, max_bytes: int) -> Iterator[tuple[int, int]]:
    """Where to split, so that no part has more than `most` items or, unless it is a single one, `max_bytes`."""
    start = total = 0
    for place, size in enumerate(sizes):
        if place > start and (place - start == most or total + size > max_bytes):
            yield start, place
            start, total = place, 0
        total += size
    if sizes:
        yield start, len(sizes)
