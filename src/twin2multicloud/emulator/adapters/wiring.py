"""The emulator's side of every port that a function may ask for. Wiring only; what ports do is in their own files."""

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError, ErrorEvent, FinalError
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.dead_letters import JournalDeadLetters
from twin2multicloud.emulator.adapters.error_sink import JournalErrorSink
from twin2multicloud.emulator.adapters.invoker import JournalInvoker
from twin2multicloud.emulator.adapters.native_calls import LocalCalls
from twin2multicloud.emulator.adapters.object_store import FolderObjectStore
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.functions.events.event_action import FindAction, UserAction
from twin2multicloud.functions.processing.processor import FindProcessor
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
from twin2multicloud.ports.device_ingress import DeviceIngress
from twin2multicloud.ports.error_store import ErrorStore
from twin2multicloud.ports.event_store import EventStore
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.object_store import ObjectStore
from twin2multicloud.ports.transport import Transport
from twin2multicloud.ports.twin_graph import TwinGraph


def no_action(_: str) -> UserAction | None:
    """A twin without actions."""
    return None


class CloudParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the functions of one cloud share."""

    cloud: Cloud
    journal: Journal
    staged: Staged
    store: HotStore | None
    error_store: ErrorStore | None = None
    event_store: EventStore | None = None
    authenticator: DeviceAuthenticator | None = None
    ingress: DeviceIngress | None = None
    catalog: DeviceCatalog
    hierarchy: Hierarchy
    find_processor: FindProcessor | None
    rules: tuple[EventRule, ...] = ()
    find_action: FindAction = no_action
    queues: Collection[str]  # deployed name of every function with a queue here
    log: logging.Logger
    clock: Clock
    object_stores: Path
    restore_hours: float | None
    graph: TwinGraph | None = None
    calls: Mapping[str, Callable[[Any], Any]] = {}  # deployed name -> native call
    machine: Machine = THIS_MACHINE
    seen: Callable[[ErrorEvent], None] = lambda _: None  # is given each error event
    queued: Callable[[bytes], None] = lambda _: None  # is given each record that a function queues


class FunctionPorts:
    """The `functions.wiring.Ports` of one function on one emulated cloud."""

    def __init__(self, parts: CloudParts, deployed_as: str, on_dead: Callable[[int], None]) -> None:
        self._parts, self._deployed_as, self._on_dead = parts, deployed_as, on_dead
        self.clock = parts.clock
        machine = parts.machine
        self.chance: Chance = machine.chance()  # jitter and trace ids
        self.errors = JournalErrorSink(parts.journal, parts.log, parts.seen)
        self.invoker = JournalInvoker(parts.cloud, parts.journal, parts.staged, parts.queues, machine, parts.queued)
        self.transport: Transport = machine.transport()
        self.functions = LocalCalls(parts.calls)
        self.catalog, self.hierarchy = parts.catalog, parts.hierarchy
        self.find_processor = parts.find_processor
        self.rules, self.find_action = parts.rules, parts.find_action

    def dead_letters(self, queue: str) -> JournalDeadLetters:
        """See `functions.wiring.Ports`."""
        parts = self._parts
        return JournalDeadLetters(
            queue, self._deployed_as, parts.cloud, parts.journal, parts.staged, self._on_dead, parts.machine
        )

    def hot_store(self, name: str) -> HotStore:
        """See `functions.wiring.Ports`."""
        if self._parts.store is None:
            raise FinalError(f"{self._parts.cloud} has no hot store {name!r}")
        return self._parts.store

    def error_store(self, name: str) -> ErrorStore:
        """See `functions.wiring.Ports`."""
        if self._parts.error_store is None:
            raise FinalError(f"{self._parts.cloud} has no error table {name!r}")
        return self._parts.error_store

    def event_store(self, name: str) -> EventStore:
        """See `functions.wiring.Ports`."""
        if self._parts.event_store is None:
            raise FinalError(f"{self._parts.cloud} has no event table {name!r}")
        return self._parts.event_store

    def object_store(self, name: str, *, archive: bool = False) -> ObjectStore:
        """See `functions.wiring.Ports`."""
        parts = self._parts
        hours = parts.restore_hours if archive else None
        root, sync = parts.object_stores, parts.machine.sync
        return FolderObjectStore(root / name, parts.clock, root.joinpath, hours, sync)

    def twin_graph(self, name: str) -> TwinGraph:
        """See `functions.wiring.Ports`."""
        if self._parts.graph is None:
            raise ConfigurationError(f"{self._parts.cloud} has no twin service {name!r} that is written to")
        return self._parts.graph

    def authenticator(self, registry: str) -> DeviceAuthenticator:
        """See `functions.wiring.Ports`."""
        if self._parts.authenticator is None:
            raise ConfigurationError(f"{self._parts.cloud} has no device registry {registry!r}")
        return self._parts.authenticator

    def ingress(self, topic: str) -> DeviceIngress:
        """See `functions.wiring.Ports`."""
        if self._parts.ingress is None:
            raise ConfigurationError(f"{self._parts.cloud} has no topic {topic!r}")
        return self._parts.ingress

    def log(self, line: str) -> None:
        """See `functions.wiring.Ports`."""
        self._parts.log.info(line)
