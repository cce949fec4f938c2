"""From a function's name, environment and ports to the function. The one place that knows what each is made of.

A builder imports what its function is made of when it is called: a cold start pays for one function, and a bundle
carries one (`packaging.sources` reads that off).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.environment import optional_env, remote_side, require_cloud, require_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin2multicloud.domain.device import DeviceCatalog
    from twin2multicloud.domain.hierarchy import Hierarchy
    from twin2multicloud.functions.processing.processor import FindProcessor
    from twin2multicloud.functions.triggers import OnCall
    from twin2multicloud.ports.clock import Chance, Clock
    from twin2multicloud.ports.dead_letters import DeadLetters
    from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
    from twin2multicloud.ports.device_ingress import DeviceIngress
    from twin2multicloud.ports.error_sink import ErrorSink
    from twin2multicloud.ports.hot_store import HotStore
    from twin2multicloud.ports.invoker import Invoker
    from twin2multicloud.ports.telemetry_writer import TelemetryWriter
    from twin2multicloud.ports.transport import Transport
    from twin2multicloud.wire.environment import Environment, Remote
    from twin2multicloud.wire.sender import Sender


class Ports(Protocol):
    """Everything a function may need from its cloud. Whoever implements it makes each thing when it is asked for."""

    @property
    def clock(self) -> Clock: ...  # noqa: D102
    @property
    def chance(self) -> Chance: ...  # noqa: D102
    @property
    def errors(self) -> ErrorSink: ...  # noqa: D102
    @property
    def invoker(self) -> Invoker: ...  # noqa: D102
    @property
    def transport(self) -> Transport: ...  # noqa: D102
    @property
    def catalog(self) -> DeviceCatalog: ...  # noqa: D102
    @property
    def hierarchy(self) -> Hierarchy: ...  # noqa: D102
    @property
    def find_processor(self) -> FindProcessor: ...  # noqa: D102

    def dead_letters(self, queue: str) -> DeadLetters:
        """The dead-letter queue of that name."""
        ...

    def hot_store(self, name: str) -> HotStore:
        """The hot store of that name."""
        ...

    def authenticator(self, registry: str) -> DeviceAuthenticator:
        """Who knows the devices of the registry of that name. Raises ConfigurationError where the cloud does itself."""
        ...

    def ingress(self, topic: str) -> DeviceIngress:
        """The way to the dispatcher, by the topic of that name. Raises ConfigurationError as above."""
        ...

    def log(self, line: str) -> None:
        """Write a line to the function's log."""
        ...


class _Parts:
    """The parts that functions share, made from one function's environment."""

    def __init__(self, name: str, env: Environment, ports: Ports) -> None:
        self.name, self.env, self.ports = name, env, ports
        self.cloud = require_cloud(env, "CLOUD")
        self.reporter = Reporter(
            sink=ports.errors, clock=ports.clock, twin=require_env(env, "TWIN_NAME"), cloud=self.cloud, component=name
        )

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(token.strip() for token in require_env(self.env, "INTER_CLOUD_TOKEN").split(",") if token.strip())

    @property
    def dead_letters(self) -> DeadLetters:
        return self.ports.dead_letters(require_env(self.env, "DEAD_LETTER_QUEUE"))

    @property
    def store(self) -> HotStore:
        return self.ports.hot_store(require_env(self.env, "HOT_STORE_NAME"))

    def sender(self, remote: Remote, layer: Slot) -> Sender:
        from twin2multicloud.wire.sender import Sender

        return Sender(
            url=remote.url,
            token=remote.token.split(",")[0].strip(),
            source_cloud=self.cloud,
            target_layer=layer,
            transport=self.ports.transport,
            clock=self.ports.clock,
            chance=self.ports.chance,
        )


def _device_gateway(parts: _Parts) -> Function:
    from twin2multicloud.functions.acquisition.device_gateway import DeviceGateway

    handler = DeviceGateway(
        authenticator=parts.ports.authenticator(require_env(parts.env, "DEVICE_REGISTRY_NAME")),
        ingress=parts.ports.ingress(require_env(parts.env, "DEVICE_TOPIC")),
    )
    return Function(name=parts.name, reporter=parts.reporter, on_http=handler)


def _dispatcher(parts: _Parts) -> Function:
    from twin2multicloud.functions.acquisition.dispatcher import Dispatcher

    ports = parts.ports
    handler = Dispatcher(
        invoker=ports.invoker,
        queue=require_env(parts.env, "PROCESSOR_QUEUE"),
        reporter=parts.reporter,
        clock=ports.clock,
        chance=ports.chance,
    )
    return Function(name=parts.name, reporter=parts.reporter, on_device=handler)


def _connector(parts: _Parts) -> Function:
    from twin2multicloud.functions.acquisition.connector import Connector

    remote = remote_side(parts.env, "REMOTE_INGESTION_URL", "L2_CLOUD", parts.ports.log)
    if remote is None:
        raise ConfigurationError("a connector stands only where L2 is on another cloud; L2_CLOUD is this one")
    handler = Connector(writer=parts.sender(remote, Slot.L2), dead_letters=parts.dead_letters, reporter=parts.reporter)
    return Function(name=parts.name, reporter=parts.reporter, on_queue=handler)


def _ingestion(parts: _Parts) -> Function:
    from twin2multicloud.functions.processing.ingestion import Ingestion

    queue = require_env(parts.env, "PROCESSOR_QUEUE")
    handler = Ingestion(tokens=parts.tokens, invoker=parts.ports.invoker, queue=queue, clock=parts.ports.clock)
    return Function(name=parts.name, reporter=parts.reporter, on_http=handler)


def _processor(parts: _Parts) -> Function:
    from twin2multicloud.functions.processing.processor import Processor

    queues = [require_env(parts.env, "PERSISTER_QUEUE")]
    queues += [found for name in _FAN_OUT if (found := optional_env(parts.env, name))]
    handler = Processor(
        find_processor=parts.ports.find_processor,
        invoker=parts.ports.invoker,
        queues=queues,
        dead_letters=parts.dead_letters,
        reporter=parts.reporter,
        clock=parts.ports.clock,
    )
    return Function(name=parts.name, reporter=parts.reporter, on_queue=handler)


# What a processor feeds beside the persister, where the topology has it.
_FAN_OUT = ("TWIN_UPDATER_QUEUE", "EVENT_CHECKER_QUEUE")


def _persister(parts: _Parts) -> Function:
    from twin2multicloud.functions.processing.persister import Persister
    from twin2multicloud.functions.storage.store_writer import StoreWriter

    remote = remote_side(parts.env, "REMOTE_WRITER_URL", "L3_HOT_CLOUD", parts.ports.log)
    writer: TelemetryWriter = StoreWriter(parts.store) if remote is None else parts.sender(remote, Slot.L3_HOT)
    handler = Persister(writer=writer, dead_letters=parts.dead_letters, reporter=parts.reporter)
    return Function(name=parts.name, reporter=parts.reporter, on_queue=handler)


def _hot_writer(parts: _Parts) -> Function:
    from twin2multicloud.functions.storage.hot_writer import HotWriter
    from twin2multicloud.functions.storage.store_writer import StoreWriter

    handler = HotWriter(tokens=parts.tokens, writer=StoreWriter(parts.store), clock=parts.ports.clock)
    return Function(name=parts.name, reporter=parts.reporter, on_http=handler)


def _hot_reader(parts: _Parts) -> Function:
    from twin2multicloud.functions.storage.hot_reader import HotReader

    ports = parts.ports
    handler = HotReader(store=parts.store, catalog=ports.catalog, hierarchy=ports.hierarchy, clock=ports.clock)
    return _reader(parts, handler)


def _hot_reader_last_entry(parts: _Parts) -> Function:
    from twin2multicloud.functions.storage.hot_reader_last_entry import HotReaderLastEntry

    ports = parts.ports
    handler = HotReaderLastEntry(store=parts.store, catalog=ports.catalog, hierarchy=ports.hierarchy, clock=ports.clock)
    return _reader(parts, handler)


def _reader(parts: _Parts, handler: OnCall) -> Function:
    """A reader takes native calls; it has an endpoint only where its environment holds the token for one."""
    from twin2multicloud.functions.storage.reader_endpoint import ReaderEndpoint

    served = optional_env(parts.env, "INTER_CLOUD_TOKEN") is not None
    endpoint = ReaderEndpoint(tokens=parts.tokens, reader=handler) if served else None
    return Function(name=parts.name, reporter=parts.reporter, on_call=handler, on_http=endpoint)


_BUILDERS: dict[str, Callable[[_Parts], Function]] = {
    "device-gateway": _device_gateway,
    "dispatcher": _dispatcher,
    "connector": _connector,
    "ingestion": _ingestion,
    "processor": _processor,
    "persister": _persister,
    "hot-writer": _hot_writer,
    "hot-reader": _hot_reader,
    "hot-reader-last-entry": _hot_reader_last_entry,
}

FUNCTIONS = frozenset(_BUILDERS)
"""The functions that exist in code. A topology may name others: whoever deploys it says which it leaves out.

The device gateway is one where a cloud has no device service; elsewhere a component of that name is the service.
"""


def wire(name: str, env: Environment, ports: Ports) -> Function:
    """The function of that name, ready to run. Raises ConfigurationError, by name, for what its environment lacks."""
    return _BUILDERS[name](_Parts(name, env, ports))
