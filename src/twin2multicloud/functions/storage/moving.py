"""What both movers are: a job in steps, each safe to repeat, that stops in time and says what it did. Owns no step."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock

RUN_SECONDS = 240.0
"""When a run begins no further step. The shortest limit of the clouds is Azure's default of five minutes."""


class Moved(msgspec.Struct, frozen=True):
    """One step: how many objects were moved, and how many readings and bytes they have."""

    objects: int
    readings: int
    size: int


NOTHING = Moved(0, 0, 0)
"""A step that looked and found nothing due."""

Steps = Callable[[str], Iterator[Moved]]
"""Moves what is before a day (canonical stamp of its beginning), one object a step."""


class Mover:
    """Moves what is past its retention. Each step leaves everything in at least one of the two stores."""

    def __init__(self, *, steps: Steps, retention_days: int, clock: Clock) -> None:
        self._steps, self._days, self._clock = steps, retention_days, clock

    def __call__(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002 - there is one job
        """Move what is due. Raises RetryableError, FinalError: the next run goes on where this one was.

        Due are the whole UTC days that ended before the retention, by the time of the reading: an object then holds a
        day, and readings are kept a day longer at most. ``finished`` is false where a run stopped for its time limit.
        """
        until = self._clock.monotonic() + RUN_SECONDS
        objects = readings = size = 0
        finished = True
        for moved in self._steps(day_before(self._clock.now(), self._days)):
            objects, readings, size = objects + moved.objects, readings + moved.readings, size + moved.size
            if self._clock.monotonic() > until:
                finished = False
                break
        return {"objects": objects, "readings": readings, "bytes": size, "finished": finished}


def mover_function(parts: Parts, steps: Steps, retention_days: int) -> Function:
    """The function around a mover: on its schedule, and when the operator calls it."""
    mover = Mover(steps=steps, retention_days=retention_days, clock=parts.ports.clock)
    return parts.function({Trigger.SCHEDULE: mover, Trigger.CALL: mover})


def day_before(now: str, days: int) -> str:
    """The beginning of the UTC day that is `days` days before an instant."""
    return from_datetime(to_datetime(now) - timedelta(days=days))[:10] + "T00:00:00.000Z"
