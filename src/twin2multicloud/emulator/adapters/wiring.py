"""The emulator's side of every port that a function may ask for. Wiring only; what ports do is in their own files."""

import logging
import random
import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ErrorEvent, FinalError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal, Letter
from twin2multicloud.functions.processing.processor import FindProcessor
from twin2multicloud.hosting.error_events import dropped
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
from twin2multicloud.ports.device_ingress import DeviceIngress
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.transport import Transport
from twin2multicloud.stores.queue_records import Records
from twin2multicloud.wire.http_transport import HttpTransport
from twin2multicloud.wire.limits import MAX_BODY_BYTES


class SystemClock:
    """This machine's time."""

    def now(self) -> str:
        """See `ports.clock.Clock.now`."""
        return from_milliseconds(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        """See `ports.clock.Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `ports.clock.Clock.sleep`."""
        time.sleep(seconds)


def records(cloud: Cloud) -> Records:
    """The records of an emulated cloud's queues, each as large as a body may be."""
    return Records(cloud, SystemClock(), random.Random(), MAX_BODY_BYTES)  # noqa: S311 - trace ids


class JournalInvoker:
    """An `Invoker` that appends to the cloud's journal; the host answers when that is durable."""

    def __init__(self, cloud: Cloud, journal: Journal, staged: Staged, queues: Collection[str]) -> None:
        self._cloud, self._journal, self._staged, self._queues = cloud, journal, staged, queues
        self._records = records(cloud)

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        if function not in self._queues:
            raise FinalError(f"no function {function!r} has a queue on {self._cloud}")
        for body, count in self._records.counted(messages, trace_id):
            self._staged.add(self._journal.append(function, body, count))


class JournalDeadLetters:
    """The `DeadLetters` of one function: records for the queue that they came from, each with its reasons."""

    def __init__(
        self, name: str, queue: str, cloud: Cloud, journal: Journal, staged: Staged, on_dead: Callable[[int], None]
    ) -> None:
        self._name, self._queue = name, queue
        self._journal, self._staged, self._on_dead = journal, staged, on_dead
        self._clock, self._records = SystemClock(), records(cloud)

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        for body, errors in self._records.of_dead_letters(dead_letters):
            kept = Letter(self._name, self._queue, self._clock.now(), errors[0], len(errors), body)
            self._staged.add(self._journal.bury(kept))
        self._on_dead(len(dead_letters))


class JournalErrorSink:
    """An `ErrorSink` that keeps events in the cloud's journal and says them in its log."""

    def __init__(self, journal: Journal, log: logging.Logger) -> None:
        self._journal, self._log = journal, log

    def report(self, event: ErrorEvent) -> None:
        """See `ports.error_sink.ErrorSink.report`."""
        self._log.warning("%s %s %s: %s", event.severity, event.component, event.error_code, event.message)

        def kept(error: Exception | None) -> None:
            if error is not None:
                self._log.error(dropped(event, error))

        self._journal.report(msgspec.json.encode(event)).when_done(kept)


class CloudParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the functions of one cloud share."""

    cloud: Cloud
    journal: Journal
    staged: Staged
    store: HotStore | None
    authenticator: DeviceAuthenticator
    ingress: DeviceIngress
    catalog: DeviceCatalog
    hierarchy: Hierarchy
    find_processor: FindProcessor | None
    queues: Collection[str]  # deployed name of every function with a queue here
    log: logging.Logger


class FunctionPorts:
    """The `functions.wiring.Ports` of one function on one emulated cloud."""

    def __init__(self, parts: CloudParts, deployed_as: str, on_dead: Callable[[int], None]) -> None:
        self._parts, self._deployed_as, self._on_dead = parts, deployed_as, on_dead
        self.clock: Clock = SystemClock()
        self.chance: Chance = random.Random()  # noqa: S311 - jitter and trace ids
        self.errors = JournalErrorSink(parts.journal, parts.log)
        self.invoker = JournalInvoker(parts.cloud, parts.journal, parts.staged, parts.queues)
        self.transport: Transport = HttpTransport()
        self.catalog, self.hierarchy = parts.catalog, parts.hierarchy
        self.find_processor = parts.find_processor

    def dead_letters(self, queue: str) -> JournalDeadLetters:
        """See `functions.wiring.Ports`."""
        parts = self._parts
        return JournalDeadLetters(queue, self._deployed_as, parts.cloud, parts.journal, parts.staged, self._on_dead)

    def hot_store(self, name: str) -> HotStore:
        """See `functions.wiring.Ports`."""
        if self._parts.store is None:
            raise FinalError(f"{self._parts.cloud} holds no hot store {name!r}")
        return self._parts.store

    def authenticator(self, registry: str) -> DeviceAuthenticator:  # noqa: ARG002 - there is one
        """See `functions.wiring.Ports`."""
        return self._parts.authenticator

    def ingress(self, topic: str) -> DeviceIngress:  # noqa: ARG002 - likewise
        """See `functions.wiring.Ports`."""
        return self._parts.ingress

    def log(self, line: str) -> None:
        """See `functions.wiring.Ports`."""
        self._parts.log.info(line)
