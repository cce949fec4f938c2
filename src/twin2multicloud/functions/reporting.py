"""Creates error events for one component of a twin on a cloud. The sink decides where they go.

Here they are limited and cleaned, before they leave the function: of one problem (component, code, kind) an instance
sends `EVENTS_A_MINUTE`, and counts the rest into its next event; what it knows to be secret is in none of them.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence

import msgspec

from twin2multicloud.domain.error_codes import ERROR_CODES, ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, described, encodable
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_sink import ErrorSink

EVENTS_A_MINUTE = 10
"""Of one problem, from one instance of a function."""
RAW_CHARACTERS, MESSAGE_CHARACTERS = 4_000, 2_000
"""What an event shows of a message at most. In the worst of texts that is 36 KB as JSON: every topic takes it."""

_MINUTE = 60.0
_SHORTEST_SECRET = 8  # what is shorter would be found in every text
_TALLY_SECONDS = 60.0
_REASONS = 3  # of those that an event is about, how many it says


class LogOnly:
    """An `ErrorSink` that is a log: for the functions behind the error topic, which must not report to it."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        self._log(f"{event.severity} {event.component} {event.error_code}: {event.message}")


class Reporter:
    """Reports errors of one component. `secrets` are cut out of whatever it reports."""

    def __init__(
        self, *, sink: ErrorSink, clock: Clock, twin: str, cloud: Cloud, component: str, secrets: Iterable[str] = ()
    ) -> None:
        self._sink, self._clock = sink, clock
        self._twin, self._cloud, self._component = twin, cloud, component
        self._secrets = tuple(each.strip() for each in secrets if len(each.strip()) >= _SHORTEST_SECRET)
        self._limit = _Limit(clock)

    def report(
        self, code: ErrorCode, message: str, *, raw: object = None, count: int = 1, trace_id: str = "", kind: str = ""
    ) -> None:
        """Send one event about `count` messages or records.

        `raw` is the (first) one, cut to 4,000 characters; never a header or an environment. `kind` tells problems with
        the same code apart: two events of a component are the same problem where code and kind are the same.
        """
        key = "/".join(filter(None, (self._cloud, self._component, code, kind)))
        held, number = self._limit.take(key, count)
        if number == 0:
            return
        event = ErrorEvent(
            twin_id=self._twin,
            cloud_provider=self._cloud,
            severity=ERROR_CODES[code].severity,
            component=self._component,
            error_code=code,
            message=self._clean(encodable(message))[:MESSAGE_CHARACTERS],
            timestamp=self._clock.now(),
            raw_data="" if raw is None else self._clean(_text(raw))[:RAW_CHARACTERS],
            dedupe_key=key,
            count=held + count,
            trace_id=trace_id,
        )
        content = msgspec.json.encode((number, event))
        self._sink.report(msgspec.structs.replace(event, id=hashlib.blake2b(content, digest_size=12).hexdigest()))

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def left_out(self, reasons: Sequence[str]) -> None:
        """Report the values of one batch that were left out of their readings, as one event."""
        self.report(ErrorCode.VALUE_LEFT_OUT, _listed("left out", reasons[:_REASONS], len(reasons)), count=len(reasons))

    def failed(self, code: ErrorCode, error: BaseException, *, count: int = 1, trace_id: str = "") -> None:
        """Report an unexpected exception."""
        self.report(code, described(error), count=count, trace_id=trace_id, kind=type(error).__name__)


class _Limit:
    """Counts what is reported of each problem. Shared by all threads of an instance."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken = 0
        self._windows: dict[str, tuple[float, int, int]] = {}  # by key: its end, events of it, what was held back
        self._lock = threading.Lock()

    def take(self, key: str, count: int) -> tuple[int, int]:
        """How much was held back before this event, and its number; 0 where it is held back itself."""
        now = self._clock.monotonic()
        with self._lock:
            end, events, held = self._windows.get(key, (now + _MINUTE, 0, 0))
            if now >= end:
                end, events = now + _MINUTE, 0
            if events >= EVENTS_A_MINUTE:
                self._windows[key] = end, events, held + count
                return 0, 0
            self._windows[key] = end, events + 1, 0
            self._taken += 1
            return held, self._taken


class Tally:
    """Counts what a rule of the project drops, and reports it: the first at once, then what came in each minute.

    Shared by all threads of an instance.
    """

    def __init__(self, reporter: Reporter, code: ErrorCode, clock: Clock) -> None:
        self._reporter, self._code, self._clock = reporter, code, clock
        self._waiting: list[str] = []
        self._count, self._due = 0, float("-inf")
        self._lock = threading.Lock()

    def add(self, places: Sequence[str]) -> None:
        """Count what was dropped, each with the place that it was dropped from."""
        with self._lock:
            self._count += len(places)
            self._waiting += places[: _REASONS - len(self._waiting)]
            now = self._clock.monotonic()
            if now < self._due:
                return
            shown, count = self._waiting, self._count
            self._waiting, self._count, self._due = [], 0, now + _TALLY_SECONDS
        self._reporter.report(self._code, _listed("dropped", shown, count), count=count)


def _listed(what: str, shown: Sequence[str], count: int) -> str:
    more = f"; and {count - len(shown)} more" if count > len(shown) else ""
    return f"{what}: {'; '.join(shown)}{more}"


def _text(raw: object) -> str:
    try:
        return raw.decode() if isinstance(raw, bytes) else msgspec.json.encode(raw).decode()
    except (TypeError, ValueError, RecursionError):  # neither UTF-8 nor JSON; it is reported all the same
        return ascii(raw)
