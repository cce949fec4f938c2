"""An error topic that is a list."""

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from twin2multicloud.domain.errors import ErrorEvent, RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.hosting.error_events import dropped


class RigErrorSink:
    """An `ErrorSink`. One that is `down` keeps nothing, and says so in `logged`."""

    def __init__(self, *, down: bool = False, logged: list[str] | None = None) -> None:
        self.events: list[ErrorEvent] = []
        self._down, self._logged = down, [] if logged is None else logged

    def report(self, event: ErrorEvent) -> None:
        if self._down:
            self._logged.append(dropped(event, RetryableError("the topic is dark")))
        else:
            self.events.append(event)

    @property
    def codes(self) -> list[str]:
        return [event.error_code for event in self.events]


class ErrorSinkRig:
    """What the contract suite needs to know: the sink, what its topic delivered, what was logged instead.

    `lost` is a sink of the same kind whose topic is not there.
    """

    def __init__(self) -> None:
        self.logged: list[str] = []
        self.sink, self.lost = RigErrorSink(logged=self.logged), RigErrorSink(down=True, logged=self.logged)

    def received(self) -> list[ErrorEvent]:
        return self.sink.events


def reporter(sink: RigErrorSink, cloud: Cloud = AWS, component: str = "dispatcher") -> Reporter:
    """A reporter into a sink, for functions that are built by hand."""
    return Reporter(sink=sink, clock=RigClock(), twin="house", cloud=cloud, component=component)
