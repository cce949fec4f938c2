"""From a function's name, environment and ports to the function. Owns the ports and the parts that functions share.

Each function is composed in its own file, in ``build(parts)``. That file is imported when the function is
wired: a cold start pays for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from twin2multicloud.domain.components import KINDS, Trigger, has_code
from twin2multicloud.functions.reporting import LogOnly, Reporter
from twin2multicloud.functions.triggers import Function, QueueHandler
from twin2multicloud.functions.writers import HandOver, KeyLog, QueueWriter, StoreWriter, Undeliverable
from twin2multicloud.wire.environment import optional_env, remote_side, require_cloud, require_env

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin2multicloud.domain.device import DeviceCatalog
    from twin2multicloud.domain.error_codes import ErrorCode
    from twin2multicloud.domain.event_rule import EventRule
    from twin2multicloud.domain.hierarchy import Hierarchy
    from twin2multicloud.domain.placement import Slot
    from twin2multicloud.functions.events.event_action import FindAction
    from twin2multicloud.functions.payloads.formats import Formats
    from twin2multicloud.functions.processing.processor import FindProcessor
    from twin2multicloud.functions.triggers import HandleBatch, Handler
    from twin2multicloud.ports.clock import Chance, Clock
    from twin2multicloud.ports.dead_letters import DeadLetters
    from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
    from twin2multicloud.ports.device_ingress import DeviceIngress
    from twin2multicloud.ports.error_sink import ErrorSink
    from twin2multicloud.ports.error_store import ErrorStore
    from twin2multicloud.ports.event_store import EventStore
    from twin2multicloud.ports.hot_store import HotStore
    from twin2multicloud.ports.invocation import Invocation
    from twin2multicloud.ports.invoker import Invoker
    from twin2multicloud.ports.object_store import ObjectStore
    from twin2multicloud.ports.telemetry_writer import TelemetryWriter
    from twin2multicloud.ports.transport import Transport
    from twin2multicloud.ports.twin_graph import TwinGraph
    from twin2multicloud.wire.environment import Environment

_DEBUG = "debug"  # `domain.twin.Mode.DEBUG`, which a cold start need not import


class Ports(Protocol):
    """Everything a function may need from its cloud. Implementations create each port on first use.

    `functions` are those on its cloud that take native calls, by what the variable of each says.
    """

    @property
    def clock(self) -> Clock: ...  # noqa: D102 - its type says it
    @property
    def chance(self) -> Chance: ...  # noqa: D102 - its type says it
    @property
    def errors(self) -> ErrorSink: ...  # noqa: D102 - its type says it
    @property
    def invoker(self) -> Invoker: ...  # noqa: D102 - its type says it
    @property
    def transport(self) -> Transport: ...  # noqa: D102 - its type says it
    @property
    def catalog(self) -> DeviceCatalog: ...  # noqa: D102 - its type says it
    @property
    def hierarchy(self) -> Hierarchy: ...  # noqa: D102 - its type says it
    @property
    def functions(self) -> Invocation: ...  # noqa: D102 - its type says it
    @property
    def find_processor(self) -> FindProcessor | None: ...  # noqa: D102 - its type says it
    @property
    def rules(self) -> tuple[EventRule, ...]: ...  # noqa: D102 - its type says it
    @property
    def find_action(self) -> FindAction: ...  # noqa: D102 - its type says it

    def dead_letters(self, queue: str) -> DeadLetters:
        """The dead-letter queue of that name."""
        ...

    def hot_store(self, name: str) -> HotStore:
        """The hot store of that name."""
        ...

    def object_store(self, name: str, *, archive: bool = False) -> ObjectStore:
        """The object store of that name; `archive`: what is written there goes into the cloud's archive class."""
        ...

    def error_store(self, name: str) -> ErrorStore:
        """The error table of that name."""
        ...

    def event_store(self, name: str) -> EventStore:
        """The event table of that name."""
        ...

    def twin_graph(self, name: str) -> TwinGraph:
        """The twin service of that name. Raises ConfigurationError where the cloud has none that is written to."""
        ...

    def authenticator(self, registry: str) -> DeviceAuthenticator:
        """The authenticator of that device registry. Raises ConfigurationError where the cloud has a device service."""
        ...

    def ingress(self, topic: str) -> DeviceIngress:
        """The ingress of the dispatcher, by its topic. Raises ConfigurationError as above."""
        ...

    def log(self, line: str) -> None:
        """Write a line to the function's log."""
        ...


class Parts:
    """The parts that functions share, made from one function's environment and ports."""

    def __init__(self, name: str, env: Environment, ports: Ports) -> None:
        self.name, self.env, self.ports = name, env, ports
        self.cloud = require_cloud(env, "CLOUD")
        is_error_path = name in KINDS and KINDS[name].slot is None  # what it reported of itself would come back to it
        self.reporter = Reporter(
            sink=LogOnly(ports.log) if is_error_path else ports.errors,
            clock=ports.clock,
            twin=require_env(env, "TWIN_NAME"),
            cloud=self.cloud,
            component=name,
            secrets=(optional_env(env, "INTER_CLOUD_TOKEN") or "").split(","),
        )

    def function(self, handlers: Mapping[Trigger, Handler]) -> Function:
        """The function, started by these triggers."""
        return Function(name=self.name, reporter=self.reporter, handlers=handlers)

    def queue_function(self, handle: HandleBatch) -> Function:
        """The function, started by its queue."""
        return self.function({Trigger.QUEUE: QueueHandler(handle, self.dead_letters, self.reporter)})

    @property
    def dead_letters(self) -> DeadLetters:
        """The dead-letter queue of the function's boundary."""
        return self.ports.dead_letters(require_env(self.env, "DEAD_LETTER_QUEUE"))

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that an endpoint accepts."""
        return tuple(token.strip() for token in require_env(self.env, "INTER_CLOUD_TOKEN").split(",") if token.strip())

    @property
    def store(self) -> HotStore:
        """The hot store."""
        return self.ports.hot_store(require_env(self.env, "HOT_STORE_NAME"))

    @property
    def cold_store(self) -> ObjectStore:
        """The cold store."""
        return self.ports.object_store(require_env(self.env, "COLD_STORE_NAME"))

    @property
    def archive_store(self) -> ObjectStore:
        """The archive."""
        return self.ports.object_store(require_env(self.env, "ARCHIVE_STORE_NAME"), archive=True)

    @property
    def error_store(self) -> ErrorStore:
        """The error table."""
        return self.ports.error_store(require_env(self.env, "ERROR_TABLE_NAME"))

    @property
    def event_store(self) -> EventStore:
        """The event table."""
        return self.ports.event_store(require_env(self.env, "EVENT_TABLE_NAME"))

    @property
    def store_writer(self) -> TelemetryWriter:
        """Writes to the hot store."""
        return self.observed(StoreWriter(self.store))

    @property
    def graph(self) -> TwinGraph:
        """The twin service, where it is written to."""
        return self.ports.twin_graph(require_env(self.env, "TWIN_SERVICE_NAME"))

    @property
    def formats(self) -> Formats | None:
        """The formats of types whose messages are not flat. By name: a bundle without such types does not hold them."""
        module = optional_env(self.env, "PAYLOAD_FORMATS")
        return import_module(module).Formats(self.ports.catalog) if module else None

    def queue_writer(self, queue: str) -> TelemetryWriter:
        """Writes to a queue, by its deployed name."""
        return self.observed(QueueWriter(self.ports.invoker, queue))

    def remote_writer(self, url_variable: str, cloud_variable: str, layer: Slot) -> TelemetryWriter | None:
        """Writes to the endpoint of a layer on another cloud; None where that layer is on this one."""
        remote = remote_side(self.env, url_variable, cloud_variable, self.ports.log)
        if remote is None:
            return None
        from twin2multicloud.wire.breaker import Breaker
        from twin2multicloud.wire.sender import Sender

        there = f"{layer} on {require_cloud(self.env, cloud_variable)}"
        sender = Sender(
            url=remote.url,
            token=remote.token.split(",")[0].strip(),
            source_cloud=self.cloud,
            target_layer=layer,
            transport=self.ports.transport,
            clock=self.ports.clock,
            chance=self.ports.chance,
            breaker=Breaker(self.ports.clock, lambda state: self._say_breaker(there, state)),
        )
        return self.observed(sender)

    def _say_breaker(self, there: str, state: str) -> None:
        """Report that the breaker of a boundary opened or closed."""
        from twin2multicloud.domain.error_codes import ErrorCode

        if state == "open":
            self.reporter.report(ErrorCode.BOUNDARY_OPENED, f"{there} has not answered for a minute; nothing passes")
        else:
            self.reporter.report(ErrorCode.BOUNDARY_CLOSED, f"{there} answers again")

    def undeliverable(self, code: ErrorCode) -> Undeliverable:
        """The dead-letter queue of undeliverable readings."""
        return Undeliverable(self.dead_letters, self.reporter, code)

    def hand_over(self, writer: TelemetryWriter, code: ErrorCode) -> Function:
        """The function that passes its queue's records to a writer."""
        return self.queue_function(HandOver(writer, self.undeliverable(code)))

    def observed(self, writer: TelemetryWriter) -> TelemetryWriter:
        """The writer itself; in a twin's debug mode one that logs the key of each reading."""
        debug = optional_env(self.env, "MODE") == _DEBUG
        return KeyLog(writer, self.name, self.ports.log) if debug else writer


FUNCTIONS = frozenset(kind for kind in KINDS if has_code(kind))
"""The functions that exist in code. A topology may name others: a deployment reports which it omits.

The device gateway is one where a cloud has no device service; elsewhere a component of that name is the service.
"""


def wire(name: str, env: Environment, ports: Ports) -> Function:
    """The function of that name, ready to run. Raises ConfigurationError, by name, for what its environment lacks."""
    function: Function = import_module(f"{__package__}.{KINDS[name].module}").build(Parts(name, env, ports))
    return function
