"""A price list on tape: answers by address, and what was asked. Owns no figure; reaches no network."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from twin2multicloud.domain.progress import Progress


class RecordedSource:
    """A `PriceSource` that answers from a table of (path, page token or filter) and remembers what was asked."""

    def __init__(self, answers: Mapping[str, object], empty: object) -> None:
        self._answers, self._empty = answers, empty
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        self.asked.append((url, dict(query)))
        key = urlsplit(url).path + "".join(f"|{query[name]}" for name in ("$filter", "pageToken") if name in query)
        found = next((answer for name, answer in self._answers.items() if name in key), self._empty)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, bytes) else msgspec.json.encode(found)


def nobody(_: Progress) -> None:
    """Listens to no progress."""
