"""Creates error events for one component of a twin on a cloud. The sink decides where they go."""

import threading
from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.error_codes import ERROR_CODES, ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, described, encodable
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_sink import ErrorSink

_RAW_CHARACTERS = 4_000
_TALLY_SECONDS = 60.0
_REASONS = 3  # of those that an event is about, how many it says


class Reporter:
    """Reports errors of one component."""

    def __init__(self, *, sink: ErrorSink, clock: Clock, twin: str, cloud: Cloud, component: str) -> None:
        self._sink, self._clock = sink, clock
        self._twin, self._cloud, self._component = twin, cloud, component

    def report(
        self, code: ErrorCode, message: str, *, raw: object = None, count: int = 1, trace_id: str = "", kind: str = ""
    ) -> None:
        """Send one event about `count` messages or records.

        `raw` is the (first) one, cut to 4,000 characters; never a header or an environment. `kind` tells problems with
        the same code apart: two events of a component are the same problem where code and kind are the same.
        """
        self._sink.report(
            ErrorEvent(
                twin_id=self._twin,
                cloud_provider=self._cloud,
                severity=ERROR_CODES[code].severity,
                component=self._component,
                error_code=code,
                message=encodable(message),
                timestamp=self._clock.now(),
                raw_data="" if raw is None else _text(raw)[:_RAW_CHARACTERS],
                dedupe_key="/".join(filter(None, (self._cloud, self._component, code, kind))),
                count=count,
                trace_id=trace_id,
            )
        )

    def left_out(self, reasons: Sequence[str]) -> None:
        """Report the values of one batch that were left out of their readings, as one event."""
        self.report(ErrorCode.VALUE_LEFT_OUT, _listed("left out", reasons[:_REASONS], len(reasons)), count=len(reasons))

    def failed(self, code: ErrorCode, error: BaseException, *, count: int = 1, trace_id: str = "") -> None:
        """Report an unexpected exception."""
        self.report(code, described(error), count=count, trace_id=trace_id, kind=type(error).__name__)


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
