"""The topology: what exists, where, why, and what links it. Owns the nouns of a plan; derives nothing."""

from enum import StrEnum
from functools import cached_property

import msgspec

from twin2multicloud.domain.components import Access, ComponentType, SignIn
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import BATCH_WINDOW_S


class Delivery(StrEnum):
    """How one component reaches the next."""

    DEVICE = "device"  # a device's publish, through the cloud's own device service
    QUEUE = "queue"  # asynchronous and durable: accepted means kept until done or dead-lettered
    CALL = "call"  # synchronous, inside one cloud, by the cloud's own means
    POST = "post"  # over HTTPS, with the token: what crosses a cloud boundary
    STORE = "store"  # a read or a write through the store's API
    SCHEDULE = "schedule"
    TOPIC = "topic"
    QUERY = "query"  # a dashboard's data source


class Locality(StrEnum):
    """Whether the two sides of a boundary are on one cloud."""

    LOCAL = "local"
    REMOTE = "remote"


class ValueKind(StrEnum):
    """What the value of an environment variable is, and so who fills it in."""

    LITERAL = "literal"
    URL = "url"  # of the endpoint of the component named in `value`; known once it is deployed
    TOKEN = "token"  # noqa: S105 - a word of the plan, never the secret itself
    RESOURCE = "resource"  # the deployed name of the component named in `value`


class Variable(msgspec.Struct, frozen=True):
    """One environment variable of a function. Secrets appear as what they are, never as what they say."""

    name: str
    kind: ValueKind
    value: str


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that has to exist. `id` is ``<cloud>.<name>``; `deployed_as` is the name that callers know it by."""

    id: str
    name: str
    type: ComponentType
    cloud: Cloud
    slot: Slot | None  # None: belongs to the cloud, not to a slot (the error path)
    deployed_as: str
    reason: str
    row: str
    environment: tuple[Variable, ...] = ()

    def variable(self, name: str) -> Variable | None:
        """The environment variable of that name, if the component has one."""
        return next((each for each in self.environment if each.name == name), None)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One component reaching another. `source` is a component's id, ``devices`` or ``operator``.

    Kinds are those of the two ends. `access` is what the source may do with the target; `sign_in` is how a data source
    signs in. `url_variable` is set on links that cross clouds to one of our endpoints; `serves` where a data source
    reads one.
    """

    source: str
    target: str
    boundary: str
    delivery: Delivery
    locality: Locality
    row: str
    source_kind: str
    target_kind: str
    access: tuple[Access, ...]
    sign_in: SignIn | None = None
    url_variable: str | None = None
    serves: bool = False


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A function with a URL, because a row of the table asks for one. `path` starts with a slash."""

    component: str
    cloud: Cloud
    path: str
    row: str


class Boundary(msgspec.Struct, frozen=True, kw_only=True):
    """A link between two slots, as a whole: the row of the table that governs it and what the row says."""

    name: str
    source: Slot
    target: Slot
    source_cloud: Cloud
    target_cloud: Cloud
    locality: Locality
    row: str
    reason: str


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """Topics beside those of every device: a pattern (`domain.device_topics`), and what it becomes on L1's cloud."""

    pattern: str
    types: tuple[str, ...]
    read: bool  # or taken and not read
    becomes: str


class Topology(msgspec.Struct, frozen=True, kw_only=True, dict=True, omit_defaults=True):
    """What the planner derives from a twin: a value that can be printed, saved and compared.

    `topics` and `gateways` are what its devices need beside a topic each: `gateways` publish for every device.
    `batch_window` is how many seconds a reading may wait for company at each hop.
    """

    twin: str
    placement: Placement
    components: tuple[Component, ...]
    links: tuple[Link, ...]
    endpoints: tuple[Endpoint, ...]
    boundaries: tuple[Boundary, ...]
    topics: tuple[Topic, ...] = ()
    gateways: tuple[str, ...] = ()
    batch_window: int = BATCH_WINDOW_S

    def __getitem__(self, component_id: str) -> Component:
        """The component of that id. Raises KeyError."""
        return self._by_id[component_id]

    def __contains__(self, component_id: str) -> bool:
        """Whether a component of that id exists."""
        return component_id in self._by_id

    def on(self, cloud: Cloud) -> tuple[Component, ...]:
        """The components of one cloud."""
        return tuple(each for each in self.components if each.cloud == cloud)

    def named(self, name: str) -> Component | None:
        """The component of that name, for names that occur once; the first otherwise."""
        return next((each for each in self.components if each.name == name), None)

    def endpoint(self, component_id: str) -> Endpoint | None:
        """The endpoint of a component, if it has one."""
        return next((each for each in self.endpoints if each.component == component_id), None)

    @cached_property
    def _by_id(self) -> dict[str, Component]:
        return {each.id: each for each in self.components}
