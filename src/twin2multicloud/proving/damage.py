"""Damage to a write-ahead log of a cloud that is down, and what puts it back."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import msgspec

_LOGS = ("journal.sqlite-wal", "hot.sqlite-wal")


class Damage(msgspec.Struct, frozen=True):
    """What was done, as a sentence, and what undoes it."""

    sentence: str
    put_back: Callable[[], None]


def damage(data: Path, how: str, chance: random.Random) -> Damage | None:
    """Cut, flip a bit of, or remove one of a cloud's logs (see `steps.DAMAGES`); None where there is none."""
    logs = [path for name in _LOGS if (path := data / name).exists() and path.stat().st_size > 0]
    if not logs:
        return None
    log = chance.choice(logs)
    whole = log.read_bytes()
    place = chance.randrange(len(whole))
    match how:
        case "cut":
            os.truncate(log, place)
        case "flipped":
            changed = bytearray(whole)
            changed[place] ^= 1 << chance.randrange(8)
            log.write_bytes(changed)
        case _:
            log.unlink()
    return Damage(f"{log.name} of {len(whole):,} bytes is {how} at {place:,}", lambda: _write(log, whole))


def _write(log: Path, whole: bytes) -> None:
    log.write_bytes(whole)
