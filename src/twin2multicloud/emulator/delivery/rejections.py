"""What a cloud refused to devices: who, from where, for which topic and why. Owns counts and the log's rate.

An MQTT 3.1.1 client is only cut off, so that these rows are all that the owner of a device has to look at. They are of
this process: nothing here is stored.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

ROWS = 200  # kinds of rejection that are remembered, the latest ones
_QUIET_SECONDS = 60.0  # between two log lines about one kind
_LINES = 60  # a minute, about all kinds together
_CHARACTERS = 120  # of what a client sent; it may send anything


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of rejection. `who` is a user name, `address` without its port; times are epoch seconds."""

    who: str
    address: str
    topic: str
    reason: str
    count: int
    first: float
    last: float


class Rejections:
    """Counts rejections by kind and logs each kind at most once a minute."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.time) -> None:
        self._log, self._clock = log, clock
        self._rows: OrderedDict[tuple[str, str, str, str], Rejection] = OrderedDict()
        self._said: dict[tuple[str, str, str, str], tuple[float, int]] = {}
        self._minute, self._lines = 0, 0
        self._lock = threading.Lock()

    def note(self, *, who: str, address: str, topic: str, reason: str) -> bool:
        """Count a rejection; whether it was logged, which repetitions are not."""
        key = (_shown(who), address, _shown(topic), reason)
        with self._lock:
            now = self._clock()
            before = self._rows.pop(key, None)
            self._rows[key] = row = Rejection(
                who=key[0], address=address, topic=key[2], reason=reason,
                count=before.count + 1 if before else 1, first=before.first if before else now, last=now,
            )  # fmt: skip
            if len(self._rows) > ROWS:
                self._said.pop(self._rows.popitem(last=False)[0], None)
            said_at, said = self._said.get(key, (0.0, 0))
            if now - said_at < _QUIET_SECONDS or not self._has_room(now):
                return False
            self._said[key] = now, row.count
        times = f" ({row.count - said} times)" if row.count - said > 1 else ""
        about = f" for topic {row.topic!r}" if row.topic else ""
        self._log.warning("rejected %r from %s%s: %s%s", row.who, address, about, reason, times)
        return True

    def rows(self) -> list[Rejection]:
        """Every remembered kind, the latest first."""
        with self._lock:
            return list(reversed(self._rows.values()))

    def _has_room(self, now: float) -> bool:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._lines = minute, 0
        self._lines += 1
        return self._lines <= _LINES


def _shown(text: str) -> str:
    """A client's text for a log line and a table."""
    return "".join(each if each.isprintable() else "�" for each in text[:_CHARACTERS])
