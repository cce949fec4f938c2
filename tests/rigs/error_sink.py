"""An error topic that is a list."""

from tests.rigs.clock import RigClock
from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.functions.reporting import Reporter


class RigErrorSink:
    """An `ErrorSink`."""

    def __init__(self) -> None:
        self.events: list[ErrorEvent] = []

    def report(self, event: ErrorEvent) -> None:
        self.events.append(event)

    @property
    def codes(self) -> list[str]:
        return [event.error_code for event in self.events]


def reporter(sink: RigErrorSink, cloud: Cloud = Cloud.AWS, component: str = "dispatcher") -> Reporter:
    """A reporter into a sink, for functions that are built by hand."""
    return Reporter(sink=sink, clock=RigClock(), twin="house", cloud=cloud, component=component)
