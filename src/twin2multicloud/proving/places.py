"""Where everything is: read from the files of clouds that are down, without the product's stores and queues."""

import base64
import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.proving.ledger import Key, Ledger

_NOTES_TIME = 1 << 60  # of rows that note which properties a device has
_OF_KEY = ("device_id", "timestamp", "message_id", "trace_id")


class Found(msgspec.Struct):
    """How often each reading and each sequence of bytes is there, and in which places."""

    stored: Counter[Key]
    copies: Counter[Key]  # further ones in objects of the older tiers
    letters: Counter[Key | bytes]
    reasons: dict[Key | bytes, str]
    waiting: dict[str, int] = {}  # groups of records in a cloud's queues
    ignored: int | None = None  # publishes to topics that are not read, as L1 counted them; None: it was not asked


def look(folders: Iterable[Path], ledger: Ledger) -> Found:
    """Everything in the folders of all clouds, each with a journal and perhaps with stores."""
    found = Found(Counter(), Counter(), Counter(), {})
    moved: Counter[Key] = Counter()
    for folder in folders:
        if (folder / "hot.sqlite").exists():
            found.stored.update(_hot(folder / "hot.sqlite", ledger))
        for chunk in sorted((folder / "objects").rglob("*.jsonl.gz")):
            if not chunk.name.startswith("."):
                moved.update(_chunk(chunk, ledger))
        with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as db:
            if groups := db.execute("SELECT count(*) FROM groups").fetchone()[0]:
                found.waiting[folder.name] = groups
            for body, reason in db.execute("SELECT body, error FROM dead_letters"):
                for key in _letter(body, ledger):
                    found.letters[key] += 1
                    found.reasons[key] = reason
    for key, count in moved.items():
        found.copies[key] += count - 1 if key not in found.stored else count
        found.stored[key] = max(1, found.stored[key])
    return found


def _hot(path: Path, ledger: Ledger) -> Iterator[Key]:
    query = "SELECT name, time, body FROM readings JOIN devices ON devices.id = device WHERE time < ?"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for device, time, body in db.execute(query, (_NOTES_TIME,)):
            yield ledger.key_of(device, from_milliseconds(time), json.loads(body))


def _chunk(path: Path, ledger: Ledger) -> Iterator[Key]:
    for line in gzip.decompress(path.read_bytes()).splitlines():
        yield _reading(json.loads(line), ledger)


def _letter(body: bytes, ledger: Ledger) -> Iterator[Key | bytes]:
    record = json.loads(body)
    if "unread" in record:
        came = base64.b64decode(record["unread"]["body"])
        yield ledger.spelt.get(came, came)
        return
    for each in record["payload"]:
        yield _reading(each, ledger)


def _reading(flat: dict[str, Any], ledger: Ledger) -> Key:
    values = {name: value for name, value in flat.items() if name not in _OF_KEY}
    return ledger.key_of(flat["device_id"], flat["timestamp"], values)
