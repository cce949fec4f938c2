"""What both movers are: a job in steps, each safe to repeat, that stops in time and says what it did. Owns no step."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.rota import WHOLE, Rota, Share
from twin2multicloud.domain.timestamps import day_before
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.wire.chunks import ChunkSender
from twin2multicloud.wire.environment import remote_side
from twin2multicloud.wire.limits import CALL_SECONDS

RUN_SECONDS = 240.0
"""When a scheduled run begins no further step. `domain.rota` has the next one soon."""


class Moved(msgspec.Struct, frozen=True):
    """One step: how many objects were moved, how many readings and bytes they have, and why one was not."""

    objects: int
    readings: int
    size: int
    refusal: FinalError | None = None


NOTHING = Moved(0, 0, 0)
"""A step that looked and found nothing due."""

Steps = Callable[[str, Share], Iterator[Moved]]
"""Moves what is before a day (canonical stamp of its beginning) in a share of the devices, one object a step."""

_OF_THE_CONTENT = frozenset({400, 409, 413, 422})


def attempt(move: Callable[[], Moved]) -> Moved:
    """One step; a refusal of its object for what that is comes with it, so that it holds up no other object.

    Raises RetryableError, and FinalError where another object would be refused as well.
    """
    try:
        return move()
    except FinalError as error:
        if error.status not in _OF_THE_CONTENT:
            raise
        return Moved(0, 0, 0, error)


class Mover:
    """Moves what is past its retention. Each step leaves everything in at least one of the two stores."""

    def __init__(self, *, steps: Steps, retention_days: int, clock: Clock) -> None:
        self._steps, self._days, self._clock = steps, retention_days, clock
        self._rota = Rota(clock.now())

    def on_schedule(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002 - there is one job
        """Move what is due in the shares whose turn it is, see `run`."""
        return in_turn(self._rota, self._clock, lambda shares: self.run(RUN_SECONDS, shares))

    def on_call(self, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002 - likewise
        """Move what is due for as long as a caller waits, see `run`: the operator calls again until it is finished."""
        return self.run(CALL_SECONDS, [WHOLE])

    def run(self, seconds: float, shares: Iterable[Share]) -> dict[str, Any]:
        """Move what is due. Raises RetryableError, FinalError: the next run goes on where this one was.

        An object that is refused for what it is stays where it is; FinalError says so when the run is over.

        Due are the whole UTC days that ended before the retention, by the time of the reading: an object then holds a
        day, and readings are kept two days longer at most. ``finished`` is false where a run stopped for its time.
        """
        until = self._clock.monotonic() + seconds
        objects = readings = size = 0
        finished, refusals = True, list[FinalError]()
        before = day_before(self._clock.now(), self._days)
        for moved in chain.from_iterable(self._steps(before, share) for share in shares):
            objects, readings, size = objects + moved.objects, readings + moved.readings, size + moved.size
            if moved.refusal is not None:
                refusals.append(moved.refusal)
            if self._clock.monotonic() > until:
                finished = False
                break
        if refusals:
            more = f", as do {len(refusals) - 1} more" if len(refusals) > 1 else ""
            raise FinalError(f"{refusals[0]}; its readings stay where they are{more}", refusals[0].status)
        return {"objects": objects, "readings": readings, "bytes": size, "finished": finished}


def in_turn(rota: Rota, clock: Clock, run: Callable[[Iterator[Share]], dict[str, Any]]) -> dict[str, Any]:
    """A scheduled run over the shares whose turn it is. One that fails for good is left to the next round."""
    try:
        return run(rota.due(clock.now()))
    except RetryableError:
        raise
    except Exception:
        rota.pass_over()
        raise


def mover_function(parts: Parts, steps: Steps, retention_days: int) -> Function:
    """The function around a mover: on its schedule, and when the operator calls it."""
    mover = Mover(steps=steps, retention_days=retention_days, clock=parts.ports.clock)
    return parts.function({Trigger.SCHEDULE: mover.on_schedule, Trigger.CALL: mover.on_call})


def chunk_sender(parts: Parts, url_variable: str, cloud_variable: str) -> ChunkSender | None:
    """Sends chunks to the writer of a tier on another cloud; None where that tier is on this one."""
    remote = remote_side(parts.env, url_variable, cloud_variable, parts.ports.log)
    if remote is None:
        return None
    ports, token = parts.ports, remote.token.split(",")[0].strip()
    return ChunkSender(url=remote.url, token=token, transport=ports.transport, clock=ports.clock, chance=ports.chance)
