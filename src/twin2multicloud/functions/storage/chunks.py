"""A chunk: readings of one device and one UTC day, as an object of the cold and archive stores. Owns format and names.

An object is JSON lines in gzip: one reading per line in its normal form (`domain.telemetry`), in the order of the keys.
Its bytes and its name follow from its readings, so that writing a chunk again changes nothing. Names are
``device=D/day=2026-01-15/103000000-235959999-4504-DIGEST.jsonl.gz``: partitions that Athena, BigQuery and Synapse
read as columns, then the times of the first and the last reading, their number, and a digest of the plain bytes.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Reading, is_keyed
from twin2multicloud.ports.hot_store import RowKey
from twin2multicloud.wire.compression import decompress

MAX_CHUNK_BYTES = 4_000_000
"""Of a chunk's readings before compression. A carrier takes 4 MiB (see `wire.limits`)."""

_NAME = re.compile(r"device=([^/=]+)/day=(\d{4}-\d\d-\d\d)/(\d{9})-(\d{9})-(\d+)-([0-9a-f]{16})\.jsonl\.gz", re.ASCII)
_LEVEL, _STRATEGY, _GZIP = 7, zlib.Z_FILTERED, 31
"""Of zlib, with a gzip header. Numbers that are close to each other: "filtered" looks for matches of more than five
bytes only, and takes 5 % off without its price in time. What level 4 would save and cost: docs/storage.md."""


class ChunkName(NamedTuple):
    """What a chunk's name says: device, first and last timestamp (canonical), number of readings, digest."""

    device_id: str
    first: str
    last: str
    readings: int
    digest: str

    def __str__(self) -> str:
        day, first, last = self.first[:10], _digits(self.first), _digits(self.last)
        return f"{device_prefix(self.device_id)}day={day}/{first}-{last}-{self.readings}-{self.digest}.jsonl.gz"

    @property
    def day(self) -> str:
        """The UTC day, as 2026-01-15."""
        return self.first[:10]


class Chunk(msgspec.Struct, frozen=True):
    """Readings of one device and day: the object's name and bytes, and the keys of what is in it."""

    name: ChunkName
    body: bytes
    keys: Sequence[RowKey]


def device_prefix(device_id: str) -> str:
    """What the names of a device's chunks begin with. Every id is one path segment."""
    return f"device={quote(device_id, safe='')}/"


def read_name(text: str) -> ChunkName | None:
    """What an object's name says; None for an object that is not a chunk."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    device, day, first, last, count, digest = match.groups()
    return ChunkName(unquote(device), _stamp(day, first), _stamp(day, last), int(count), digest)


def next_chunk(readings: Iterable[Reading]) -> Chunk | None:
    """The chunk of the first readings, which come in the order of their keys and are of one device; None for none.

    It ends with their day, or before it has more than `MAX_CHUNK_BYTES`.
    """
    lines: list[bytes] = []
    keys: list[RowKey] = []
    device, size = "", 0
    for reading in readings:
        key = reading.key
        size += len(reading.encoded) + 1
        if keys and (key.timestamp[:10] != keys[0].timestamp[:10] or size > MAX_CHUNK_BYTES):
            break
        device = key.device_id
        keys.append(RowKey(key.timestamp, key.message_id))
        lines.append(reading.encoded + b"\n")
    if not keys:
        return None
    plain = b"".join(lines)
    name = ChunkName(device, keys[0].timestamp, keys[-1].timestamp, len(keys), _digest(plain))
    return Chunk(name, _compressed(plain), keys)


def _compressed(plain: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP, strategy=_STRATEGY)
    return packer.compress(plain) + packer.flush()


def verify(name: str, body: bytes) -> ChunkName:
    """What a chunk's name says, once its bytes were held against it: digest, number, device and first and last time.

    Raises FinalError (400).
    """
    said = read_name(name)
    if said is None:
        raise FinalError(f"{name[:200]!r} is not the name of a chunk", 400)
    plain = _plain(name, body)
    lines = _lines(name, plain)
    keys = [Reading(line).key for line in (lines[0], lines[-1])] if lines else []
    found = [(key.device_id, key.timestamp) for key in keys]
    if (
        said.digest != _digest(plain)
        or said.readings != len(lines)
        or found != [(said.device_id, said.first), (said.device_id, said.last)]
    ):
        raise FinalError(f"{name}: the content is not what the name says", 400)
    return said


def readings_in(name: str, body: bytes) -> Iterator[Reading]:
    """The readings of a chunk. Raises FinalError where it is damaged."""
    return map(Reading, _lines(name, _plain(name, body)))


def _lines(name: str, plain: bytes) -> Sequence[bytes]:
    lines = plain.splitlines()
    for line in lines:
        if not is_keyed(line):
            raise FinalError(f"{name}: a line is not a reading in its normal form: {line[:80]!r}", 400)
    return lines


def _plain(name: str, body: bytes) -> bytes:
    try:
        return decompress(body)
    except FinalError as error:
        raise FinalError(f"{name}: {error}", error.status) from error


def _digest(plain: bytes) -> str:
    return hashlib.blake2b(plain, digest_size=8).hexdigest()


def _digits(stamp: str) -> str:
    """The time of day of a canonical stamp, as 103000123."""
    return stamp[11:13] + stamp[14:16] + stamp[17:19] + stamp[20:23]


def _stamp(day: str, digits: str) -> str:
    return f"{day}T{digits[:2]}:{digits[2:4]}:{digits[4:6]}.{digits[6:]}Z"
