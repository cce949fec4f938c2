"""The documents of an emulated twin service: in memory, and in one SQLite file behind it.

What a process wrote is there after it was killed. A power cut may cost the last moments: the hot store, which is
synced, has every reading.
"""

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS documents (kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id))
"""
Document = Mapping[str, Any]


class Documents:
    """Documents by kind and id, in the order in which they were made. One is replaced, never changed in place."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self.lock = threading.RLock()
        self._kinds: dict[str, dict[str, Document]] = {}
        for kind, key, body in self._db.execute("SELECT kind, id, body FROM documents ORDER BY rowid"):
            self._kinds.setdefault(kind, {})[key] = msgspec.json.decode(body)

    def get(self, kind: str, key: str) -> Document | None:
        """One document."""
        return self._kinds.get(kind, {}).get(key)

    def all(self, kind: str) -> list[Document]:
        """All of a kind, as they are now."""
        with self.lock:
            return list(self._kinds.get(kind, {}).values())

    def put(self, kind: str, key: str, document: Document) -> None:
        """Make or replace one."""
        with self.lock:
            row = (kind, key, msgspec.json.encode(document))
            self._db.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body", row
            )
            self._kinds.setdefault(kind, {})[key] = document

    def delete(self, kind: str, key: str) -> None:
        """Remove one, if it is there."""
        with self.lock:
            self._db.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, key))
            self._kinds.get(kind, {}).pop(key, None)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
