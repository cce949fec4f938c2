"""Storage tiers for their operator: moves what is past its retention, and the emulated clouds' time. Prints nothing."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import msgspec

from twin2multicloud.domain.components import Kind, home
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import canonical, to_datetime
from twin2multicloud.emulator.host.deployment import LocalDeployment
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.operations.twin_client import TwinClient

MOVERS = (Kind.HOT_TO_COLD_MOVER, Kind.COLD_TO_ARCHIVE_MOVER)
"""Along the way of the data: what the first one moves may be due for the second."""


class Moved(msgspec.Struct, frozen=True):
    """What one mover did, in as many runs as it took. `size` is in bytes as stored."""

    mover: str
    objects: int = 0
    readings: int = 0
    size: int = msgspec.field(default=0, name="bytes")
    finished: bool = True


def move(twin: OperatedTwin, report: Callable[[Moved], None] = lambda _: None) -> list[Moved]:
    """Run both movers until nothing is due. `report` hears of each run, with the sums so far.

    Raises TwinError where a cloud does not answer; what was moved by then stays moved.
    """
    done = []
    for mover in MOVERS:
        invocation = twin.invocation(twin.placement[home(mover)])
        total = Moved(mover, finished=False)
        while not total.finished:
            run = msgspec.convert({"mover": mover, **invocation.call(mover, {})}, Moved)
            total = Moved(
                mover, total.objects + run.objects, total.readings + run.readings, total.size + run.size, run.finished
            )
            report(total)
        done.append(total)
    return done


def clock_of(deployment: LocalDeployment) -> VirtualClock:
    """The time of a twin on this machine."""
    return VirtualClock(deployment.state.clock)


def set_clock(deployment: LocalDeployment, at: str | timedelta, speed: float | None = None) -> str:
    """Set the emulated clouds' time, or advance it by a span, and run what is due then; returns the time.

    Readings that come later and have no time of their own get it. Raises ConfigurationError for a time that is none,
    TwinError where a cloud does not answer.
    """
    clock = clock_of(deployment)
    if isinstance(at, timedelta):
        milliseconds = clock.milliseconds + round(at.total_seconds() * 1000)
    else:
        try:
            milliseconds = round(to_datetime(canonical(at)).timestamp() * 1000)
        except ValueError as error:
            raise ConfigurationError(f"not a time: {error}") from error
    before = clock.settings
    clock.set(milliseconds, speed if speed is not None else before.speed if before is not None else 1.0)
    with closing(TwinClient(deployment)) as client:
        client.run_due()
    return clock.now()


def reset_clock(deployment: LocalDeployment) -> None:
    """Go back to this machine's time."""
    deployment.state.clock.unlink(missing_ok=True)
