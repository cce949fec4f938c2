"""What the functions of one emulated cloud did lately, run by run: kept in memory up to a bound, searched for readings.

Owns the bound and the search. A run keeps what it was given by reference, so that nothing is copied or decoded before
somebody asks.
"""

import re
import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.wire.compression import decompress
from twin2multicloud.wire.http import Request, Response

MOST_BYTES = 16_000_000
"""Of what the kept runs were given. At ten readings of 800 B a second that is half an hour."""

_TRACED = (Trigger.DEVICE, Trigger.QUEUE, Trigger.HTTP)
_A_RUN = 500  # bytes that a run costs beside what it was given


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a function that had the reading. Times are canonical stamps; `micros` is how long it took, in µs."""

    component: str
    trigger: Trigger
    begun: str
    micros: int
    readings: int
    """How many readings were in the same record or request."""

    trace_id: str
    outcome: str = ""
    """Why the reading did not pass; empty where it did."""


class _Kept(msgspec.Struct, gc=False):
    component: str
    trigger: Trigger
    begun: float
    seconds: float
    bodies: Sequence[bytes]
    result: Any
    size: int


class RunLog:
    """The runs of one cloud. `record` wraps what starts a function; `find` is asked by the operator."""

    def __init__(self, machine: Machine = THIS_MACHINE, most_bytes: int = MOST_BYTES) -> None:
        self._machine, self._most = machine, most_bytes
        self._zero = to_datetime(machine.now()).timestamp() - machine.monotonic()
        self._runs: deque[_Kept] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self._local = threading.local()

    def record(self, component: str, trigger: Trigger, start: Start) -> Start:
        """The same start, whose runs are kept; that of calls and schedules as it is: they carry no reading."""
        if trigger not in _TRACED:
            return start

        def run(event: Any) -> Any:  # noqa: ANN401 - what it is given depends on the trigger
            queued: list[bytes] = []
            self._local.queued = queued if trigger is Trigger.DEVICE else None
            begun = self._machine.monotonic()
            result: Any = None
            try:
                result = start(event)
            except Exception as error:
                result = str(error) or type(error).__name__
                raise
            finally:
                self._local.queued = None
                bodies = queued if trigger is Trigger.DEVICE else [event] if trigger is Trigger.HTTP else event
                self._keep(component, trigger, begun, bodies, result)
            return result

        return run

    def queued(self, body: bytes) -> None:
        """A function that this thread runs has queued a record: what a dispatcher makes of a publish is in there."""
        queued: list[bytes] | None = self._local.__dict__.get("queued")
        if queued is not None:
            queued.append(body)

    def find(self, *, trace_id: str = "", device: str = "", timestamp: str = "") -> list[Run]:
        """The runs that had a reading of this trace, or of this device and time, oldest first."""
        looked_for = _Wanted(trace_id, device, timestamp)
        with self._lock:
            runs = list(self._runs)
        return sorted((each for run in runs for each in self._in(run, looked_for)), key=lambda each: each.begun)

    def _keep(self, component: str, trigger: Trigger, begun: float, given: Sequence[Any], result: Any) -> None:  # noqa: ANN401 - likewise
        seconds = self._machine.monotonic() - begun
        bodies = [each.body if isinstance(each, Request) else each for each in given]
        size = _A_RUN + sum(map(len, bodies))
        kept = _Kept(component, trigger, begun, seconds, given, result, size)
        with self._lock:
            self._runs.append(kept)
            self._size += size
            while self._size > self._most and len(self._runs) > 1:
                self._size -= self._runs.popleft().size

    def _in(self, run: _Kept, wanted: "_Wanted") -> Iterator[Run]:
        for place, given in enumerate(run.bodies):
            found = wanted.search(_plain(given))
            if found is not None:
                trace_id, readings = found
                yield Run(
                    component=run.component,
                    trigger=run.trigger,
                    begun=from_milliseconds(round(1000 * (run.begun + self._zero))),
                    micros=round(1e6 * run.seconds),
                    readings=readings,
                    trace_id=trace_id,
                    outcome=_outcome(run.result, place),
                )


class _Wanted:
    """A search in records and envelopes, by the bytes that the normal form of a reading begins with."""

    def __init__(self, trace_id: str, device: str, timestamp: str) -> None:
        self._trace = trace_id
        head = msgspec.json.encode({"device_id": device, "timestamp": timestamp})[:-1]
        self._key = re.compile(re.escape(head) + rb',"message_id":"(?:[^"\\]|\\.)*"(?:,"trace_id":"([0-9a-f]{32})")?')

    def search(self, body: bytes) -> tuple[str, int] | None:
        """The trace of the reading, and how many readings are there; None without it."""
        found = _SHARED.search(body)
        shared = (found[1] or found[2]).decode() if found else ""
        count = body.count(b'{"device_id":')
        if self._trace:
            there = self._trace == shared or b'"trace_id":"%b"' % self._trace.encode() in body
            return (self._trace, count) if there else None
        key = self._key.search(body)
        return None if key is None else ((key[1] or b"").decode() or shared, count)


_SHARED = re.compile(rb'^\{"trace_id":"([0-9a-f]{32})"|"trace_id":"([0-9a-f]{32})"\}\s*$')
"""The trace of a batch: what a queue record begins with, and an envelope ends with."""


def _plain(given: Any) -> bytes:  # noqa: ANN401 - a record, or a request
    if not isinstance(given, Request):
        return given if isinstance(given, bytes) else str(given).encode()
    if "gzip" not in given.headers.get("content-encoding", ""):
        return given.body
    try:
        return decompress(given.body)
    except TwinError:
        return b""


def _outcome(result: Any, place: int) -> str:  # noqa: ANN401 - by trigger
    if isinstance(result, str):
        return result
    if isinstance(result, Response):
        return "" if result.status == 200 else f"answered {result.status}"
    failed = isinstance(result, Collection) and place in result
    return "failed: it comes again" if failed else ""
