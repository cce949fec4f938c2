"""Error events, filled in: which twin, cloud and component. Owns their making; where they go is the sink's."""

import msgspec

from twin2multicloud.domain.errors import ErrorEvent, Severity
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_sink import ErrorSink

_RAW_CHARACTERS = 4_000


class Reporter:
    """One component's way of saying that something went wrong."""

    def __init__(self, *, sink: ErrorSink, clock: Clock, twin: str, cloud: Cloud, component: str) -> None:
        self._sink, self._clock = sink, clock
        self._twin, self._cloud, self._component = twin, cloud, component

    def report(self, severity: Severity, code: str, message: str, raw: object = None) -> None:
        """Send one event. `raw` is what it was about, cut to 4,000 characters; never a header or an environment."""
        self._sink.report(
            ErrorEvent(
                twin_id=self._twin,
                cloud_provider=self._cloud,
                severity=severity,
                component=self._component,
                error_code=code,
                message=message,
                timestamp=self._clock.now(),
                raw_data="" if raw is None else _text(raw)[:_RAW_CHARACTERS],
            )
        )


def _text(raw: object) -> str:
    try:
        return msgspec.json.encode(raw).decode()
    except (TypeError, ValueError, RecursionError):  # not JSON: all the more a reason to report it
        return ascii(raw)
