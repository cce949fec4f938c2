"""Creates error events for one component of a twin on a cloud. The sink decides where they go."""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.error_codes import ERROR_CODES, ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, described, encodable
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_sink import ErrorSink

_RAW_CHARACTERS = 4_000
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

    def failed(self, code: ErrorCode, error: BaseException, *, count: int = 1, trace_id: str = "") -> None:
        """Report an unexpected exception."""
        self.report(code, described(error), count=count, trace_id=trace_id, kind=type(error).__name__)


def report_left_out(reporter: Reporter, reasons: Sequence[str]) -> None:
    """Report the values of one batch that were left out of their readings, as one event."""
    shown = "; ".join(reasons[:_REASONS])
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    reporter.report(ErrorCode.VALUE_LEFT_OUT, f"left out: {shown}{more}", count=len(reasons))


def _text(raw: object) -> str:
    try:
        return raw.decode() if isinstance(raw, bytes) else msgspec.json.encode(raw).decode()
    except (TypeError, ValueError, RecursionError):  # neither UTF-8 nor JSON; it is reported all the same
        return ascii(raw)
