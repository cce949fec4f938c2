"""Verifies a twin: one marked reading through every boundary, followed to the readers, and taken out again.

The same for the emulated and the deployed twin. The reading is of a device that no project has (`domain.device.PROBE`),
so that no user code runs on it and no dashboard shows it. Prints nothing.
"""

import secrets
import time
from collections.abc import Callable, Collection, Generator, Iterator
from datetime import timedelta

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.device import PROBE
from twin2multicloud.domain.errors import ConfigurationError, FinalError, TwinError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.functions.storage.typed_values import plain
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.storage import erase
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Boundary, Topology
from twin2multicloud.wire.http_transport import HttpTransport

PATIENCE_S = 120.0
"""How long the reading may take to the hot store: functions that sleep start one after the other."""

_MARK = "mark"
_PAUSE_S, _ENDPOINT_SECONDS = 0.25, 30.0


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `problem` is a sentence, empty where it is as it should be; `remedy` says where to
    look next. `seconds` is how long it took, where that says something.
    """

    what: str
    problem: str = ""
    remedy: str = ""
    seconds: float | None = None


def verify(twin: OperatedTwin, patience: float = PATIENCE_S) -> Iterator[Check]:
    """Check what lies on the way, in its order, as each is seen. Ends early where the reading is not acknowledged.

    `patience` is in seconds. Raises ConfigurationError where the project has a device of the probe's id, TwinError
    where nothing is running.
    """
    if twin.catalog.find(PROBE) is not None:
        raise ConfigurationError(f"the project has a device {PROBE!r}, an id that t2mc verify needs for itself")
    return _Verification(twin, patience).run()


class _Verification:
    def __init__(self, twin: OperatedTwin, patience: float) -> None:
        self._twin, self._topology, self._patience = twin, twin.topology, patience
        self._mark, self._stamp = secrets.token_hex(8), twin.now
        self._way = _way(self._topology)

    def run(self) -> Iterator[Check]:
        dark = yield from self._endpoints()
        if not (yield from self._publish()):
            return
        arrived = yield from self._follow(dark)
        if arrived:
            yield from self._read()
        yield self._take_out(arrived=arrived)

    def _endpoints(self) -> Generator[Check, None, Collection[str]]:
        dark = []
        for component, url in self._twin.endpoints.items():
            check = _endpoint(self._topology, component, url)
            if check.problem:
                dark.append(component)
            yield check
        return dark

    def _publish(self) -> Generator[Check, None, bool]:
        what, begun = f"devices → L1 ({self._twin.gateway_label})", time.monotonic()
        try:
            with self._twin.probe() as publish:
                publish(msgspec.json.encode({"timestamp": self._stamp, _MARK: self._mark}))
        except TwinError as error:
            remedy = "is L1 up, and may you register devices there? `t2mc devices list` asks the same service"
            yield Check(what=what, problem=f"the reading was not acknowledged: {error}", remedy=remedy)
            return False
        yield Check(what=what, seconds=time.monotonic() - begun)
        return True

    def _follow(self, dark: Collection[str]) -> Generator[Check, None, bool]:
        """Wait for the reading; what lies behind an endpoint that does not answer is not waited for."""
        blocked = next((each for each in self._way if dark and _crossing(self._topology, each) in dark), None)
        begun = time.monotonic()
        deadline = begun + (0.0 if blocked else self._patience)
        while True:
            found, problem = self._latest()
            if found:
                for boundary in self._way[:-1]:
                    yield Check(what=boundary.name)
                yield Check(what=f"{self._way[-1].name}, the last-entry reader", seconds=time.monotonic() - begun)
                return True
            if time.monotonic() > deadline:
                yield self._stuck(blocked, problem)
                return False
            time.sleep(_PAUSE_S)

    def _latest(self) -> tuple[bool, str]:
        """Whether the reader has the reading, and why it cannot say."""
        try:
            return self._twin.readers.latest(PROBE, [_MARK]).get(_MARK, ("", ""))[1] == self._mark, ""
        except FinalError:  # it knows of no such device yet
            return False, ""
        except TwinError as error:
            return False, str(error)

    def _stuck(self, blocked: Boundary | None, unread: str) -> Check:
        """Where it is, by what can be asked: dead letters, endpoints, the reader, queues."""
        try:
            letters, _ = self._twin.letters.find(Selection(device=PROBE))
        except TwinError:
            letters = []
        for letter in letters:
            if self._mark in letter.content:
                problem = f"the reading is in the dead letters of {label_of(letter.cloud)}: {letter.reason}"
                return Check(what=letter.boundary, problem=problem, remedy="`t2mc dlq list` shows what else is there")
        if blocked is not None:
            here, there = label_of(blocked.source_cloud), label_of(blocked.target_cloud)
            endpoint = self._topology[_crossing(self._topology, blocked)].name
            problem = f"the reading waits on {here} until the endpoint {endpoint} on {there} answers"
            return Check(what=blocked.name, problem=problem, remedy=f"start or repair {there}; nothing is lost")
        if unread:
            return Check(what="hot readers", problem=unread, remedy=self._logs((self._way[-1].target,)))
        waiting = self._twin.waiting()
        for boundary in self._way:
            if count := waiting.get(boundary.name):
                problem = f"{count:,} messages wait there, this reading probably among them"
                return Check(what=boundary.name, problem=problem, remedy=self._logs((boundary.source, boundary.target)))
        problem = f"the reading is neither in the hot store nor in the dead letters after {self._patience:g} s"
        remedy = self._logs((Slot.L1, Slot.L2, Slot.L3_HOT))
        return Check(what=" → ".join((Slot.L1, Slot.L2, Slot.L3_HOT)), problem=problem, remedy=remedy)

    def _logs(self, slots: Collection[Slot]) -> str:
        """The logs to look at, in the order of the way."""
        kinds = (Kind.DISPATCHER, Kind.CONNECTOR, Kind.INGESTION, Kind.PROCESSOR, Kind.PERSISTER, Kind.HOT_WRITER)
        found = [component for kind in kinds if (component := self._topology.named(kind)) and component.slot in slots]
        return "the logs of " + ", ".join(f"{each.name} ({label_of(each.cloud)})" for each in found)

    def _read(self) -> Iterator[Check]:
        before = from_datetime(to_datetime(self._stamp) - timedelta(milliseconds=1))
        l4 = self._topology.placement.l4
        across = f"{l4}.{Kind.DATA_CONNECTOR}" in self._topology
        asked = {"iotDeviceId": PROBE, "selectedProperties": [_MARK]}

        def history() -> object:
            return dict(self._twin.readers.history(PROBE, [_MARK], before, self._stamp)[_MARK]).get(self._stamp)

        def connector() -> object:
            answer = self._twin.invocation(l4).call(Kind.DATA_CONNECTOR_LAST_ENTRY, asked)
            return plain(answer["propertyValues"][_MARK]["propertyValue"])

        yield self._same("the history reader", history, Slot.L3_HOT)
        if across:
            yield self._same(f"L3-hot → L4, the data connector on {label_of(l4)}", connector, Slot.L4)

    def _same(self, what: str, ask: Callable[[], object], slot: Slot) -> Check:
        begun = time.monotonic()
        cloud = label_of(self._topology.placement[slot])
        try:
            same, problem = ask() == self._mark, "it answers something else than what was published"
        except (TwinError, KeyError) as error:
            same, problem = False, str(error) if isinstance(error, TwinError) else "it does not answer the reading"
        if same:
            return Check(what=what, seconds=time.monotonic() - begun)
        return Check(what=what, problem=problem, remedy=f"the logs of its function on {cloud}")

    def _take_out(self, *, arrived: bool) -> Check:
        what, later = "taken out again", f"`t2mc erase` with the device {PROBE}, later"
        try:
            done = erase(self._twin, PROBE)
        except TwinError as error:
            found, problem = False, str(error)
        else:
            found = bool(done.dead_letters or any(each.readings for each in done.stores))
            problem = next(iter(done.problems), "")
        if not arrived and not found:
            problem, later = "it is still on its way, and will be stored", "the next `t2mc verify` takes it out"
        return Check(what=what, problem=problem, remedy=later if problem else "")


def _way(topology: Topology) -> tuple[Boundary, ...]:
    """The boundaries that a reading passes to the hot store."""
    slots = ((Slot.L1, Slot.L2), (Slot.L2, Slot.L3_HOT))
    found = {(each.source, each.target): each for each in topology.boundaries}
    return tuple(found[pair] for pair in slots)


def _crossing(topology: Topology, boundary: Boundary) -> str:
    """The endpoint at which readings cross a boundary; empty where it stays on one cloud."""
    links = (each for each in topology.links if each.boundary == boundary.name and each.url_variable)
    return next((each.target for each in links), "")


def _endpoint(topology: Topology, component: str, url: str) -> Check:
    """Ask without a token: who answers that it is missing is there, runs, and guards itself."""
    cloud, name = label_of(topology[component].cloud), topology[component].name
    what, logs = f"endpoint {name} on {cloud}", f"the logs of {name} on {cloud}"
    transport, begun = HttpTransport(), time.monotonic()
    try:
        status = transport.post(url, {"content-type": "application/json"}, b"{}", _ENDPOINT_SECONDS).status
    except TwinError as error:
        return Check(what=what, problem=str(error), remedy=f"is {cloud} up? Then {logs}")
    finally:
        transport.close()
    if status == 401:
        return Check(what=what, seconds=time.monotonic() - begun)
    if status < 300:
        return Check(what=what, problem="it lets callers without a token in", remedy="`t2mc deploy` again")
    return Check(what=what, problem=f"asked without a token it answers {status}, expected 401", remedy=logs)
