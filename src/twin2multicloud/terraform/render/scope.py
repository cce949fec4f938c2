"""What of a topology is rendered, seen from one cloud. Owns the slice that Terraform covers; knows no resource types.

Everything here is derived from the topology's links, endpoints and variables: nothing is decided a second time.
"""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.components import ComponentType, Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning import own_services
from twin2multicloud.planning.topology import Component, Delivery, Endpoint, Link, Topology, ValueKind, Variable

FUNCTIONS = frozenset(
    {
        Kind.DISPATCHER,
        Kind.CONNECTOR,
        Kind.INGESTION,
        Kind.PROCESSOR,
        Kind.PERSISTER,
        Kind.HOT_WRITER,
        Kind.HOT_READER,
        Kind.HOT_READER_LAST_ENTRY,
    }
)
"""The functions of the slice: L1, L2 and L3-hot. What a topology has beside them is left out, and said to be.

On a cloud that lacks a service of the slice there is one more: see `packaging.own_services`.
"""

TIMEOUT_S = 180
"""A function's time-out on every cloud. A sender may need 127 s: four requests of 30 s, 1 + 2 + 4 s apart (wire)."""

ERROR_TOPIC = "error-topic"
_DATA = frozenset({Kind.DEVICE_GATEWAY, Kind.HOT_STORE, ERROR_TOPIC})
_READERS = frozenset({Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY})
_DEAD_LETTERS = "dead letters"  # the row of links to dead-letter queues, see planning.planner


class StoreAccess(StrEnum):
    """What a function may do with the hot store."""

    READ = "read"
    WRITE = "write"


class FunctionView(msgspec.Struct, frozen=True, kw_only=True):
    """One function as its cloud has to build it: what starts it, what it may reach, what it is told.

    `letters` is its dead-letter queue; `sends_to` are the functions whose queues it feeds.
    """

    component: Component
    from_devices: bool
    from_queue: bool
    endpoint: Endpoint | None
    sends_to: tuple[Component, ...]
    letters: Component | None
    store: StoreAccess | None
    store_component: Component | None
    environment: tuple[Variable, ...]

    @property
    def name(self) -> str:
        """The function's name: ``hot-reader``. Bundles and routes are known by it."""
        return self.component.name

    @property
    def key(self) -> str:
        """The name of its resources in the configuration: ``hot_reader``."""
        return key_of(self.component)

    @property
    def puts_into(self) -> tuple[Component, ...]:
        """Whose queues it puts messages into: those it feeds, and its dead letters."""
        return self.sends_to if self.letters is None else (*self.sends_to, self.letters)

    @property
    def needs_token(self) -> bool:
        """Whether it signs in at, or guards, an endpoint."""
        return any(each.kind is ValueKind.TOKEN for each in self.environment)


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What one cloud holds of the slice."""

    cloud: Cloud
    twin: str
    functions: tuple[FunctionView, ...]
    gateway: Component | None
    store: Component | None
    letters: tuple[Component, ...]
    error_topic: Component

    @property
    def readers(self) -> tuple[FunctionView, ...]:
        """The functions that answer what the hot store holds: both where it is here, else none."""
        return tuple(each for each in self.functions if each.name in _READERS)

    @property
    def needs_token(self) -> bool:
        """Whether any function of this cloud takes part in a crossing."""
        return any(each.needs_token for each in self.functions)


def key_of(component: Component) -> str:
    """The name of a component's resources in the configuration; Terraform's names take underscores."""
    return component.name.replace("-", "_")


def sites(topology: Topology) -> tuple[Site, ...]:
    """The clouds that hold something of the slice, in the order of `Cloud`."""
    found = (_site(topology, cloud) for cloud in topology.placement.clouds)
    return tuple(site for site in found if site.functions)


def left_out(topology: Topology) -> tuple[str, ...]:
    """The names of planned components that are not rendered, each once, in plan order."""
    covered = {name for site in sites(topology) for name in _covered_ids(site)}
    return tuple(dict.fromkeys(each.name for each in topology.components if each.id not in covered))


def _covered_ids(site: Site) -> list[str]:
    others = (site.gateway, site.store, site.error_topic, *site.letters)
    return [each.component.id for each in site.functions] + [each.id for each in others if each is not None]


def _site(topology: Topology, cloud: Cloud) -> Site:
    here = topology.on(cloud)
    functions = tuple(_view(topology, each) for each in here if is_function(each))
    fed = {each.letters.id: each.letters for each in functions if each.letters is not None}
    return Site(
        cloud=cloud,
        twin=topology.twin,
        functions=functions,
        gateway=_named(here, Kind.DEVICE_GATEWAY),
        store=_named(here, Kind.HOT_STORE),
        letters=tuple(fed.values()),
        error_topic=topology[f"{cloud}.{ERROR_TOPIC}"],
    )


def is_function(component: Component) -> bool:
    """Whether a component is rendered as a function of its cloud."""
    return component.name in FUNCTIONS or own_services.is_ours(component)


def _view(topology: Topology, component: Component) -> FunctionView:
    return _own_service(topology, component) if own_services.is_ours(component) else _function(topology, component)


def _own_service(topology: Topology, component: Component) -> FunctionView:
    """A service that is code of ours: open to its callers, started by nothing else. What it uses, its cloud knows."""
    return FunctionView(
        component=component,
        from_devices=False,
        from_queue=False,
        endpoint=own_services.endpoint(component),
        sends_to=(),
        letters=None,
        store=None,
        store_component=None,
        environment=own_services.environment(component, topology.twin),
    )


def _named(components: tuple[Component, ...], name: str) -> Component | None:
    return next((each for each in components if each.name == name), None)


def _function(topology: Topology, component: Component) -> FunctionView:
    incoming = [link for link in topology.links if link.target == component.id]
    outgoing = [topology[link.target] for link in topology.links if _goes_out(link, component)]
    letters = [each for each in outgoing if each.type is ComponentType.QUEUE]
    store = _named(tuple(outgoing), Kind.HOT_STORE)
    access = StoreAccess.READ if component.name in _READERS else StoreAccess.WRITE
    return FunctionView(
        component=component,
        from_devices=any(link.delivery is Delivery.DEVICE for link in incoming),
        from_queue=any(link.delivery is Delivery.QUEUE for link in incoming),
        endpoint=topology.endpoint(component.id),
        sends_to=tuple(each for each in outgoing if each.name in FUNCTIONS),
        letters=letters[0] if letters else None,
        store=access if store is not None else None,
        store_component=store,
        environment=tuple(each for each in component.environment if _is_rendered(each, topology)),
    )


def _goes_out(link: Link, component: Component) -> bool:
    return link.source == component.id and link.delivery in (Delivery.QUEUE, Delivery.STORE)


def _is_rendered(variable: Variable, topology: Topology) -> bool:
    """Not a variable that names what is left out: a message put there would stay there for ever."""
    if variable.kind not in (ValueKind.RESOURCE, ValueKind.URL):
        return True
    target = topology[variable.value]
    return target.name in FUNCTIONS | _DATA or target.type is ComponentType.QUEUE
