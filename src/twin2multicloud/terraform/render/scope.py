"""The part of a topology that is rendered, per cloud. Owns the slice that Terraform covers; no resource types.

Everything here is derived from the topology's links, endpoints and variables: nothing is decided a second time.
"""

from collections.abc import Iterator

import msgspec

from twin2multicloud.domain.components import OPERATOR, Access, ComponentType, Kind, runs_user_code
from twin2multicloud.domain.device_topics import TOPIC_VARIABLES
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.coverage import Coverage, cover
from twin2multicloud.planning.services import is_function, own_endpoint, own_environment
from twin2multicloud.planning.topology import Component, Delivery, Endpoint, Topic, Topology, ValueKind, Variable
from twin2multicloud.planning.wiring import READ_BY
from twin2multicloud.wire.limits import FUNCTION_SECONDS

TIMEOUT_S = FUNCTION_SECONDS
"""Of a function that posts to another cloud, or runs user code."""

OWN_CLOUD_TIMEOUT_S = 60
"""Of a function that stays on its cloud: whoever calls it waits for 30 s (`wire.sender`), and its clients for less."""

MOVER_TIMEOUT_S = 600
"""Of a mover, and of what administers a store. They begin no object after four minutes (`functions.storage.moving`),
and one may need 244 s (wire)."""

ATTEMPTS = 20
"""Deliveries of a message before it is a dead letter, on every cloud; what `waits` has as many as its service knows."""

PATIENCE_S = 90 * 60
"""How long a queue goes on trying at least, on every cloud: an outage of an hour costs no letter."""

WINDOW = "BATCH_WINDOW"
"""Tells a device gateway of ours how many seconds a publish may wait for company."""

ERROR_TOPIC = Kind.ERROR_TOPIC
OBJECT_STORES = (Kind.COLD_STORE, Kind.ARCHIVE_STORE)
SCHEDULES = (
    Kind.HOT_TO_COLD_SCHEDULE,
    Kind.COLD_TO_ARCHIVE_SCHEDULE,
    Kind.ARCHIVE_EXPIRY_SCHEDULE,
    Kind.ERROR_TABLE_SCHEDULE,
    Kind.EVENT_TABLE_SCHEDULE,
)
ERROR_KINDS = (Kind.ERROR_TOPIC, Kind.ERROR_TABLE)
SERVICES = frozenset({Kind.DEVICE_GATEWAY, Kind.HOT_STORE, Kind.EVENT_TABLE, *OBJECT_STORES, *SCHEDULES, *ERROR_KINDS})
"""What is rendered beside the functions that exist in code and their dead letters; a twin service that is written to is
rendered too."""

READ_ONLY = (Access.READ,)


class FunctionView(msgspec.Struct, frozen=True, kw_only=True):
    """One function as its cloud renders it: triggers, targets and environment.

    `dead_letters` is its dead-letter queue; `sends_to` are the functions whose queues it feeds; `store` is what it
    may do with the hot store, `errors` with its cloud's error table, `events` with the event table, `objects` with the
    cold store and the archive, by component; `from_errors`: the error topic fills its queue;
    `schedule` is what starts it by itself, `called` whether the operator calls it; `calls` are the functions on its
    cloud that it calls natively.
    """

    component: Component
    environment: tuple[Variable, ...]
    endpoint: Endpoint | None
    from_devices: bool = False
    from_queue: bool = False
    from_errors: bool = False
    sends_to: tuple[Component, ...] = ()
    dead_letters: Component | None = None
    store: tuple[Access, ...] = ()
    errors: tuple[Access, ...] = ()
    events: tuple[Access, ...] = ()
    objects: tuple[tuple[Component, tuple[Access, ...]], ...] = ()
    schedule: Component | None = None
    calls: tuple[Component, ...] = ()
    called: bool = False

    @property
    def timeout_s(self) -> int:
        """Its time-out in seconds, by what it waits for; how long a queue hides a message follows from it.

        What empties a store goes on for as long as it may.
        """
        empties = Access.DELETE in self.store or any(Access.DELETE in allowed for _, allowed in self.objects)
        if empties or self.schedule is not None:
            return MOVER_TIMEOUT_S
        crosses = any(each.kind is ValueKind.URL for each in self.environment)
        return TIMEOUT_S if crosses or runs_user_code(self.name) else OWN_CLOUD_TIMEOUT_S

    @property
    def name(self) -> str:
        """The function's name: ``hot-reader``. Bundles and routes are known by it."""
        return self.component.name

    @property
    def key(self) -> str:
        """The name of its resources in the configuration: ``hot_reader``."""
        return key_of(self.component)

    @property
    def reports(self) -> bool:
        """Whether it sends error events; what is behind their topic has its log."""
        return self.component.slot is not None

    @property
    def waits(self) -> bool:
        """Whether its queue keeps what it does not take for as long as it can: user code may fail for ever."""
        return not runs_user_code(self.name)

    @property
    def tables(self) -> tuple[tuple[str, tuple[Access, ...]], ...]:
        """The tables of rows that it uses, by the name of their resources, each with what it may do there."""
        found = (("hot_store", self.store), ("error_table", self.errors), ("event_table", self.events))
        return tuple((key, access) for key, access in found if access)

    @property
    def puts_into(self) -> tuple[Component, ...]:
        """Whose queues it puts messages into: those it feeds, and its dead letters."""
        return self.sends_to if self.dead_letters is None else (*self.sends_to, self.dead_letters)

    @property
    def needs_token(self) -> bool:
        """Whether it signs in at, or guards, an endpoint."""
        return any(each.kind is ValueKind.TOKEN for each in self.environment)


class CloudScope(msgspec.Struct, frozen=True, kw_only=True):
    """What one cloud holds of the slice. `topics`, `gateways` and `batch_window` are the topology's, wherever its
    gateway is.

    `twin_service` is its cloud's own, and `twin_readers` are the functions that it calls.
    """

    cloud: Cloud
    twin: str
    functions: tuple[FunctionView, ...]
    gateway: Component | None
    store: Component | None
    object_stores: tuple[Component, ...]
    dead_letters: tuple[Component, ...]
    error_topic: Component
    error_table: Component
    event_table: Component | None = None
    twin_service: Component | None = None
    twin_readers: tuple[Component, ...] = ()
    topics: tuple[Topic, ...] = ()
    gateways: tuple[str, ...] = ()
    batch_window: int

    @property
    def readers(self) -> tuple[FunctionView, ...]:
        """The functions that answer what the hot store holds: both where it is here, else none."""
        return tuple(each for each in self.functions if each.store == READ_ONLY)

    @property
    def called(self) -> tuple[FunctionView, ...]:
        """The functions that the operator calls: readers, movers, those that administer a store, our twin service."""
        return tuple(each for each in self.functions if each.called)

    @property
    def endpoints(self) -> tuple[FunctionView, ...]:
        """The functions that others call with the token. To a device gateway come devices."""
        return tuple(each for each in self.functions if each.endpoint is not None and each.name != Kind.DEVICE_GATEWAY)

    @property
    def needs_token(self) -> bool:
        """Whether any function of this cloud takes part in a crossing."""
        return any(each.needs_token for each in self.functions)


def key_of(component: Component) -> str:
    """The name of a component's resources in the configuration; Terraform's names take underscores."""
    return component.name.replace("-", "_")


def covered(topology: Topology) -> Coverage:
    """The slice: L1, L2, L3 and L4. The rest is omitted, and reported so."""
    return cover(topology, SERVICES | {Kind.TWIN_SERVICE})


def sites(topology: Topology) -> tuple[CloudScope, ...]:
    """The clouds that hold something of the slice, in the order of `Cloud`."""
    coverage = covered(topology)
    found = (_site(coverage, cloud) for cloud in topology.placement.clouds)
    return tuple(site for site in found if site.functions)


def _site(coverage: Coverage, cloud: Cloud) -> CloudScope:
    here = tuple(each for each in coverage.components if each.cloud == cloud)
    twin = coverage.topology.twin
    functions = tuple(_function(coverage, each) for each in here if is_function(each))
    served = next((each for each in here if each.name == Kind.TWIN_SERVICE and not is_function(each)), None)
    fed = {each.dead_letters.id: each.dead_letters for each in functions if each.dead_letters is not None}
    return CloudScope(
        cloud=cloud,
        twin=twin,
        functions=functions,
        gateway=_named(here, Kind.DEVICE_GATEWAY),
        store=_named(here, Kind.HOT_STORE),
        object_stores=tuple(each for each in here if each.name in OBJECT_STORES),
        dead_letters=tuple(fed.values()),
        error_topic=coverage.topology[f"{cloud}.{ERROR_TOPIC}"],
        error_table=coverage.topology[f"{cloud}.{Kind.ERROR_TABLE}"],
        event_table=_named(here, Kind.EVENT_TABLE),
        twin_service=served,
        twin_readers=tuple(
            coverage.topology[link.target]
            for link in coverage.links
            if served is not None and link.source == served.id and link.delivery is Delivery.CALL
        ),
        topics=coverage.topology.topics,
        gateways=coverage.topology.gateways,
        batch_window=coverage.topology.batch_window,
    )


def _topic_variables(component: Component, topology: Topology) -> Iterator[Variable]:
    """What a device gateway has to know of topics; none where devices have one topic each."""
    read, ignored = ([each.pattern for each in topology.topics if each.read is wanted] for wanted in (True, False))
    for name, values in zip(TOPIC_VARIABLES, (read, ignored, topology.gateways), strict=True):
        if values and component.name == Kind.DEVICE_GATEWAY:
            yield Variable(name, ValueKind.LITERAL, ",".join(values))


def _named(components: tuple[Component, ...], name: str) -> Component | None:
    return next((each for each in components if each.name == name), None)


def _function(coverage: Coverage, component: Component) -> FunctionView:
    topology = coverage.topology
    if component.name == Kind.DEVICE_GATEWAY:  # started by its callers only; its renderer knows what it uses
        # The gateway refuses what the dispatcher beside it would refuse, by the same policy and the same formats.
        beside = topology[f"{component.cloud}.{Kind.DISPATCHER}"]
        same = filter(None, map(beside.variable, READ_BY))
        window = [Variable(WINDOW, ValueKind.LITERAL, str(topology.batch_window))] * (topology.batch_window > 0)
        topics = _topic_variables(component, topology)
        environment = (*own_environment(component, topology.twin), *same, *topics, *window)
        return FunctionView(component=component, endpoint=own_endpoint(component), environment=environment)
    starting = [link for link in topology.links if link.target == component.id]
    incoming = {link.delivery for link in starting}
    outgoing = [link for link in coverage.links if link.source == component.id]
    fed = [topology[link.target] for link in outgoing if link.delivery is Delivery.QUEUE]

    def allowed(kind: str) -> tuple[Access, ...]:
        links = (link for link in outgoing if link.target_kind == kind and link.delivery is Delivery.STORE)
        return tuple(dict.fromkeys(access for link in links for access in link.access))

    return FunctionView(
        component=component,
        from_devices=Delivery.DEVICE in incoming,
        from_queue=Delivery.QUEUE in incoming,
        from_errors=any(link.source_kind == ERROR_TOPIC and link.delivery is Delivery.QUEUE for link in starting),
        endpoint=topology.endpoint(component.id),
        sends_to=tuple(each for each in fed if each.type is not ComponentType.QUEUE),
        dead_letters=next((each for each in fed if each.type is ComponentType.QUEUE), None),
        store=allowed(Kind.HOT_STORE),
        errors=allowed(Kind.ERROR_TABLE),
        events=allowed(Kind.EVENT_TABLE),
        objects=tuple(
            (topology[link.target], link.access)
            for link in outgoing
            if link.target_kind in OBJECT_STORES and link.delivery is Delivery.STORE
        ),
        calls=tuple(topology[link.target] for link in outgoing if link.delivery is Delivery.CALL),
        called=any(link.source == OPERATOR and link.delivery is Delivery.CALL for link in starting),
        schedule=next((topology[link.source] for link in starting if link.delivery is Delivery.SCHEDULE), None),
        environment=coverage.environment(component),
    )
