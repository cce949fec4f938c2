"""One emulated cloud: its journal, its store, its functions behind their real entrypoints. Owns no socket."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from twin2multicloud.domain.components import KINDS, Kind, Trigger, runs_user_code
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, TwinError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.adapters.device_authenticator import DeviceChanges, LocalDeviceAuthenticator
from twin2multicloud.emulator.adapters.device_ingress import LocalDeviceIngress
from twin2multicloud.emulator.adapters.error_sink import JournalErrorSink
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.adapters.twin_graph import read_for_operator
from twin2multicloud.emulator.adapters.wiring import CloudParts
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.backlog import Backlog
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.durable_mark import DurableMark
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.delivery.queues import FunctionQueue
from twin2multicloud.emulator.delivery.runs import RunLog
from twin2multicloud.emulator.delivery.traffic import Meter
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets
from twin2multicloud.emulator.host.entrance import Entrance
from twin2multicloud.emulator.host.error_topic import ErrorTopic
from twin2multicloud.emulator.host.functions import CloudFunctions, nobody
from twin2multicloud.emulator.host.letters import CloudLetters
from twin2multicloud.emulator.host.schedules import Schedules
from twin2multicloud.emulator.host.status import CloudStatus, EndpointTraffic, FunctionTraffic
from twin2multicloud.emulator.host.tiers import TierWatch
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.emulator.l4.face import Account, face_of
from twin2multicloud.functions.acquisition.dispatcher import Dispatcher
from twin2multicloud.functions.reporting import LogOnly, Reporter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Component, Delivery, Topology
from twin2multicloud.stores.sorted_error_store import ERRORS, SortedErrorStore
from twin2multicloud.stores.sorted_event_store import SortedEventStore
from twin2multicloud.wire.http import Request, Response

_LOOKS = 5  # at how many error events there are, while they move


class EmulatedCloud:
    """Runs one cloud's share of a topology. Everything it starts goes through `events`."""

    def __init__(
        self, deployment: LocalDeployment, secrets: LocalSecrets, cloud: Cloud, machine: Machine = THIS_MACHINE
    ) -> None:
        self.cloud, self._deployment, self._secrets, self._machine = cloud, deployment, secrets, machine
        self.log = logging.getLogger(f"t2mc.{cloud}")
        self._topology: Topology = deployment.topology
        folder = deployment.state.process(cloud)
        folder.mkdir(parents=True, exist_ok=True)
        self.staged = Staged()
        self.clock = VirtualClock(deployment.state.clock, machine)
        self._functions = CloudFunctions(deployment, secrets, cloud)
        self._components = self._functions.components
        self.backlog = Backlog(folder, deployment.bounds, free=machine.free_bytes, clock=machine.monotonic)
        mark = self._mark("journal")
        self._journal = Journal(folder / "journal.sqlite", backlog=self.backlog, mark=mark, machine=machine)
        holds_store = deployment.twin.placement[Slot.L3_HOT] == cloud
        hot = folder / "hot.sqlite"
        self._table = SqliteTable(hot, self.staged, self._mark("hot"), machine) if holds_store else None
        buckets = deployment.state.object_stores(cloud)
        self._error_queue = f"{self._topology.twin}-{Kind.ERROR_REPORTER}"
        self.errors = ErrorTopic(self._journal, self._error_queue, self.log, machine)
        self._error_table = SqliteTable(folder / "errors.sqlite", self.staged, self._mark("errors"), machine)
        self._event_table = self._events_table() if self._functions.has_events else None
        self._tiers = TierWatch(self._topology, cloud, buckets, self.clock, self._table)
        self._queues = {each.deployed_as: self._queue(each) for each in self._components if self._is_queued(each)}
        self.authenticator = LocalDeviceAuthenticator(
            deployment.twin.name,
            secrets.device_key,
            deployment.twin.catalog,
            DeviceChanges(deployment.state.device_registry),
        )
        self.gateway: Function | None = None  # where L1 is
        self._event_source = pack(cloud).event_source()
        self._open: set[str] = set()
        self.runs = RunLog(machine)
        self._endpoints: dict[str, Start] = {}
        self._calls: dict[str, Start] = {}
        self._native: dict[str, Start] = {}  # the same by deployed name, as functions know each other
        ignoring = bool(deployment.twin.catalog.ignored_topics)
        reporter = self._reporter(Kind.DEVICE_GATEWAY)
        self.ingress = LocalDeviceIngress(cloud, self.staged, self.log, reporter, ignoring=ignoring)
        self.entrance = Entrance(self.ingress.publish, self.backlog)
        self._calls_made = {each.name: Meter() for each in self._components}
        self.letters = CloudLetters(self._journal, self.staged, self._queues, lambda: self.ingress.start, machine)
        self._scheduled: dict[str, Callable[[], object]] = {}
        account = Account(twin=deployment.twin, call=self.invoke, since=machine.now(), folder=folder, now=machine.now)
        self.twin_face = face_of(cloud, account)
        self._parts = self._shared()
        self._start()
        if self.twin_face is not None and self.twin_face.graph is not None:
            self._calls[Kind.TWIN_SERVICE] = partial(read_for_operator, self.twin_face.graph)
            self._calls_made[Kind.TWIN_SERVICE] = Meter()
        self._schedules = Schedules(self._scheduled, self.clock, self.log, machine)

    def _mark(self, file: str) -> DurableMark:
        return DurableMark(self._deployment.state.mark(self.cloud, file))

    def _events_table(self) -> SqliteTable:
        file = self._deployment.state.process(self.cloud) / "events.sqlite"
        return SqliteTable(file, self.staged, self._mark("events"), self._machine)

    @property
    def max_publish_bytes(self) -> int:
        """The most that this cloud's device service takes of one publish."""
        return self._event_source.max_publish_bytes

    # --- requests and calls --------------------------------------------------------------------------------------

    def has_endpoint(self, function: str) -> bool:
        """Whether a function has a URL."""
        return function in self._endpoints

    def is_a_service(self, function: str) -> bool:
        """Whether a service of this process answers, not a function: of what is written here no other process knows."""
        return function == Kind.TWIN_SERVICE and function not in {each.name for each in self._components}

    def request(self, function: str, request: Request) -> Response:
        """Answer a request to a function's URL. What it staged must be durable before the answer leaves."""
        begun = time.monotonic()
        response: Response = self._endpoints[function](request)
        self.count(function, response, time.monotonic() - begun)
        return response

    def count(self, function: str, response: Response, seconds: float) -> None:
        """Count an answer of a function, which took that long."""
        meter = self._calls_made[function]
        meter.came(1)
        if response.status >= 500:  # one that is refused for what it asks is answered
            meter.was_refused()
        meter.went(1, seconds)

    def invoke(self, function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a function natively, as the operator. Raises TwinError."""
        start = self._calls.get(function)
        if start is None:
            raise TwinError(f"{self.cloud} has no function {function!r} that accepts native calls")
        meter, begun = self._calls_made[function], time.monotonic()
        meter.came(1)
        answer: Mapping[str, Any] = start(arguments)
        meter.went(1, time.monotonic() - begun)
        return answer

    def run_due(self) -> None:
        """Run the schedules that are due by the cloud's clock; returns when they have run."""
        self._schedules.run_due()

    def reload(self, deployment: LocalDeployment) -> None:
        """Take in another description of the twin or other user code, by a plan with the same components and links.

        Batches that functions have now end in them as they are. Raises ConfigurationError where user code cannot be
        loaded: nothing has changed then.
        """
        functions = CloudFunctions(deployment, self._secrets, self.cloud)
        parts = msgspec.structs.replace(
            self._parts,
            catalog=deployment.twin.catalog,
            hierarchy=deployment.twin.hierarchy,
            find_processor=functions.find_processor,
            rules=deployment.twin.events,
            find_action=functions.find_action,
        )
        affected = [each for each in functions.components if KINDS[each.name].data or each not in self._components]
        wired = {each: functions.wired(each, parts, self._on_dead(each)) for each in affected}
        self._deployment, self._topology, self._parts = deployment, deployment.topology, parts
        self._functions, self._components = functions, functions.components
        self.authenticator.take(parts.catalog)
        self.ingress.ignoring = bool(parts.catalog.ignored_topics)
        for component, function in wired.items():
            self._expose(component, function)
            self._open.discard(component.name)  # its breaker is a new one
        if self.gateway is not None:
            self.gateway = functions.device_gateway(parts)
        if self.twin_face is not None:
            self.twin_face.take(deployment.twin)

    # --- status --------------------------------------------------------------------------------------------------

    def status(self) -> CloudStatus:
        """The status of this cloud."""
        dead = self._journal.read(kept.counts)
        return CloudStatus(
            cloud=self.cloud,
            running=True,
            functions=tuple(each.name for each in self._components),
            queues=tuple(self._traffic(each, dead) for each in self._components if each.deployed_as in self._queues),
            endpoints=tuple(
                _endpoint_traffic(name, self._calls_made[name])
                for name in dict.fromkeys((*self._endpoints, *self._calls))
            ),
            published=self.ingress.meter.done,
            rejected=self.ingress.meter.refused,
            ignored=self.ingress.ignored,
            errors=self._errors(),
            set_aside=self._journal.set_aside,
            waiting_bytes=self.backlog.bytes,
            oldest_s=round(self.backlog.seconds, 1),
            holding_back=self.backlog.full or self.backlog.late,
            device_dead_letters=dead.get(f"{self._topology.twin}-{Kind.DEVICE_DEAD_LETTERS}", 0),
            stored=self._table.count() if self._table is not None else None,
            tiers=self._tiers.statuses(),
            now=self.clock.now(),
        )

    def _errors(self) -> int:
        """Error events, those included that are on their way to the table."""
        queue = self._queues.get(self._error_queue)
        ahead = self._on_the_way(queue)
        for _ in range(_LOOKS):
            before, stored = ahead, self._error_table.count_of(ERRORS)
            ahead = self._on_the_way(queue)
            if ahead == before:  # none has moved in between
                break
        return stored + ahead

    def _on_the_way(self, queue: FunctionQueue | None) -> int:
        return self.errors.waiting() + (queue.waiting() if queue is not None else 0)

    def close(self) -> None:
        """Finish the current batches and close the files."""
        self.letters.close()
        self.errors.close()
        self._schedules.close()
        for queue in self._queues.values():
            queue.close()
        if self._table is not None:
            self._table.close()
        self._error_table.close()
        if self._event_table is not None:
            self._event_table.close()
        if self.twin_face is not None:
            self.twin_face.close()
        self._journal.close()

    # --- construction --------------------------------------------------------------------------------------------

    def _start(self) -> None:
        for component in self._components:
            function = self._functions.wired(component, self._parts, self._on_dead(component))
            start = self._expose(component, function)
            if start is not None:
                self._queues[component.deployed_as].start(start, self._event_source.environments)
        if self.ingress.start is not None:
            self.gateway = self._functions.device_gateway(self._parts)
        self._journal.start(self._deliver)
        self.letters.start()
        if self._error_queue in self._queues:
            self.errors.start()

    def _on_dead(self, component: Component) -> Callable[[int], None]:
        queue = self._queues.get(component.deployed_as)
        return queue.meter.died if queue is not None else nobody

    def _reporter(self, component: str) -> Reporter:
        """What the cloud itself reports of one of its functions or services."""
        secrets = self._secrets
        behind = KINDS[component].slot is None  # what they reported of themselves would come back to them
        return Reporter(
            sink=LogOnly(self.log.warning) if behind else JournalErrorSink(self._journal, self.log),
            clock=self._machine,
            twin=self._deployment.twin.name,
            cloud=self.cloud,
            component=component,
            secrets=(secrets.token, secrets.operator_key, secrets.device_key),
        )

    def _expose(self, component: Component, function: Function) -> Start | None:
        """Let a function be reached, in the place of the one before; returns what its queue starts."""
        starts = {
            trigger: self.runs.record(component.name, trigger, self._event_source.starts[trigger](function))
            for trigger in function.handlers.keys() & self._event_source.starts.keys()
        }
        dispatcher = function.handlers.get(Trigger.DEVICE)
        if isinstance(dispatcher, Dispatcher):
            self.ingress.dispatcher = dispatcher
        self.ingress.start = starts.get(Trigger.DEVICE, self.ingress.start)
        if Trigger.QUEUE in starts:
            self._queues[component.deployed_as].replace(starts[Trigger.QUEUE])
        if Trigger.HTTP in starts:
            self._endpoints[component.name] = starts[Trigger.HTTP]
        if Trigger.CALL in starts:
            self._calls[component.name] = self._native[component.deployed_as] = starts[Trigger.CALL]
        if Trigger.SCHEDULE in starts:
            self._scheduled[component.name] = partial(starts[Trigger.SCHEDULE], None)
        return starts.get(Trigger.QUEUE)

    def _deliver(self, records: Sequence[Record]) -> None:
        by_queue: dict[str, list[Record]] = {}
        for record in records:
            by_queue.setdefault(record.queue, []).append(record)
        for name, batch in by_queue.items():
            self._queues[name].deliver(batch)

    def _shared(self) -> CloudParts:
        twin = self._deployment.twin
        return CloudParts(
            cloud=self.cloud,
            journal=self._journal,
            staged=self.staged,
            store=hot_store(self._table) if self._table is not None else None,
            error_store=SortedErrorStore(self._error_table),
            event_store=None if self._event_table is None else SortedEventStore(self._event_table),
            authenticator=self.authenticator,
            ingress=self.ingress,
            catalog=twin.catalog,
            hierarchy=twin.hierarchy,
            find_processor=self._functions.find_processor,
            rules=twin.events,
            find_action=self._functions.find_action,
            queues=frozenset(self._queues),
            log=self.log,
            clock=self.clock,
            object_stores=self._deployment.state.object_stores(self.cloud),
            restore_hours=services_of(self.cloud).restore_hours,
            graph=None if self.twin_face is None else self.twin_face.graph,
            calls=self._native,
            machine=self._machine,
            seen=self._note_breaker,
            queued=self.runs.queued,
        )

    def _note_breaker(self, event: ErrorEvent) -> None:
        """Remember which functions' boundaries are open. A breaker lives as long as this process, as this does."""
        if event.error_code == ErrorCode.BOUNDARY_OPENED:
            self._open.add(event.component)
        elif event.error_code == ErrorCode.BOUNDARY_CLOSED:
            self._open.discard(event.component)

    def _is_queued(self, component: Component) -> bool:
        return any(link.target == component.id and link.delivery is Delivery.QUEUE for link in self._topology.links)

    def _queue(self, component: Component) -> FunctionQueue:
        dead_letters = component.variable("DEAD_LETTER_QUEUE")
        assert dead_letters is not None, component.id  # noqa: S101 - the planner gives one to every queued function
        reporter = self._reporter(component.name)
        return FunctionQueue(
            name=component.deployed_as,
            cloud=self.cloud,
            journal=self._journal,
            staged=self.staged,
            clock=self._machine,
            machine=self._machine,
            dead_letters=self._topology[dead_letters.value].deployed_as,
            seconds=self._deployment.function_seconds,
            replaced=lambda reason, count: reporter.report(ErrorCode.DELIVERY_FAILED, reason, count=count),
            keeps=self._deployment.keeps_seconds,
            runs_user_code=runs_user_code(component.name),
        )

    def _traffic(self, component: Component, dead: Mapping[str, int]) -> FunctionTraffic:
        queue = self._queues[component.deployed_as]
        link = next(
            each
            for each in self._topology.links
            if each.target == component.id and each.delivery is Delivery.QUEUE and each.source in self._topology
        )
        return FunctionTraffic(
            function=component.name,
            boundary=link.boundary,
            received=queue.meter.received,
            done=queue.meter.done - queue.meter.dead,
            dead_lettered=dead.get(queue.dead_letters, 0),
            waiting=queue.waiting() + (self.errors.waiting() if component.name == Kind.ERROR_REPORTER else 0),
            open=component.name in self._open,
            p50_ms=queue.meter.percentile(0.5),
            p99_ms=queue.meter.percentile(0.99),
        )


def _endpoint_traffic(function: str, meter: Meter) -> EndpointTraffic:
    return EndpointTraffic(
        function=function,
        requests=meter.received,
        refused=meter.refused,
        p50_ms=meter.percentile(0.5),
        p99_ms=meter.percentile(0.99),
    )
