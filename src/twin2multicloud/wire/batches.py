"""Cutting a batch into what one envelope can hold, by count and by bytes. Owns the cut; sends and queues nothing."""

from collections.abc import Iterator, Sequence

import msgspec

from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.wire.limits import MAX_BODY_BYTES, MAX_MESSAGES

Item = tuple[int, msgspec.Raw]
"""A message, encoded, with its place in the batch."""

_ENVELOPE_ROOM = 1024  # of an envelope's own fields, with plenty to spare
_encode = msgspec.json.Encoder().encode


def cut(messages: Sequence[Telemetry], max_bytes: int = MAX_BODY_BYTES) -> Iterator[tuple[list[Item], list[int]]]:
    """A batch in pieces that one envelope each can hold, in order, with the places of messages that none can hold.

    `max_bytes` is of an envelope: a queue may take less than an endpoint.
    """
    piece: list[Item] = []
    too_large: list[int] = []
    size = _ENVELOPE_ROOM
    for index, message in enumerate(messages):
        encoded = _encode(message)
        length = len(encoded) + 1
        if length > max_bytes - _ENVELOPE_ROOM:
            too_large.append(index)
            continue
        if len(piece) == MAX_MESSAGES or (piece and size + length > max_bytes):
            yield piece, []
            piece, size = [], _ENVELOPE_ROOM
        piece.append((index, msgspec.Raw(encoded)))
        size += length
    if piece or too_large:
        yield piece, too_large
