"""The clouds there are: each one record, a `CloudPack`, that an installed package registers under an entry point.

Owns the record and the look-up; no layer above or below knows another list of clouds. A pack is light: what is heavy
(a tariff, a renderer, an SDK) it names by reference, ``module:attribute``, which is imported when it is asked for.
"""

# What a reference names is typed where it is made.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, TypeVar

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, parse_cloud
from twin2multicloud.domain.suggestions import hint

if TYPE_CHECKING:  # types of upper layers: a pack holds what they make of a cloud, and this module calls none of it
    from twin2multicloud.costs.fetching import Fetcher
    from twin2multicloud.costs.prices import CloudPrices
    from twin2multicloud.costs.tariff import Tariff
    from twin2multicloud.emulator.events.event_source import EventSource
    from twin2multicloud.ports.cloud_account import CloudAccount
    from twin2multicloud.ports.code_publisher import CodePublisher
    from twin2multicloud.ports.dead_letter_queues import DeadLetterQueues
    from twin2multicloud.ports.device_connection import Connection, DeviceKey
    from twin2multicloud.ports.device_registry import DeviceRegistry
    from twin2multicloud.ports.function_logs import FunctionLogs
    from twin2multicloud.ports.invocation import Invocation
    from twin2multicloud.ports.service_opener import ServiceOpener
    from twin2multicloud.ports.twin_graph import TwinGraph
    from twin2multicloud.ports.twin_publisher import TwinPublisher
    from twin2multicloud.terraform.render.references import Renderer

_Part = TypeVar("_Part")

GROUP = "twin2multicloud.clouds"
"""The entry-point group: a pack's own name -> where the pack is, as ``module:attribute``."""


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What the estimates of latency and carbon take of a cloud's region. Each figure's source is beside it in the pack.

    `round_trip_ms` is by the other cloud; one side of a pair says it; where neither does,
    `costs.objectives` has a default.
    """

    watts_per_vcpu: float
    pue: float
    kg_per_kwh: float
    round_trip_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Packaging:
    """What a function's bundle is like on a cloud.

    `brought_by` maps an import to the distribution that a bundle has to bring; to "" where the runtime has it.
    `namespaces` are packages without code of their own. `files` are the runtime's settings at the root of a bundle.
    `vendored`: a deployment installs nothing, so the bundle has the wheels too, under `wheels_root`.
    """

    entry_file: str
    entry_name: str
    brought_by: Mapping[str, str]
    namespaces: frozenset[str] = frozenset()
    wheels_root: str = ""
    vendored: bool = True
    lists_requirements: bool = True
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """How a deployed twin is reached on a cloud, by the outputs of its deployment. Opening imports the cloud's SDK.

    `sign` is the output that is there where devices connect; `in_the_way` the resource that cannot be deleted while
    devices are registered; `gone_with` the one that takes the registrations with it. `code` brings code to
    functions without Terraform, `publisher` where Terraform does not, and `publish_by_hand` is a shell command that
    does so without us: of ``$id``, an app as the output ``<cloud>_apps`` has it, and ``$archive``. `register_by_hand`
    says how a device is registered without us, in Markdown. `twins` brings models and twins to a twin service, and
    `graph` reads it; `twins_in` is the resource of that service, where it cannot be deleted before it is empty.
    `opener` opens endpoints where the variable ``<cloud>_open`` says that the deployment does not.
    """

    sign: str
    registry: str
    connection: str
    device_key: str
    invocation: str
    account: str
    dead_letters: str
    logs: str
    code: str
    in_the_way: str = ""
    gone_with: str = ""
    publisher: str = ""
    publish_by_hand: str = ""
    register_by_hand: str = ""
    twins: str = ""
    twins_in: str = ""
    graph: str = ""
    opener: str = ""

    def open_registry(self, outputs: Mapping[str, str]) -> DeviceRegistry:
        """The registry of its devices."""
        return resolve_name(self.registry)(outputs)

    def connection_of(self, outputs: Mapping[str, str], device_id: str) -> Connection:
        """Where one device connects, and as whom."""
        return resolve_name(self.connection)(outputs, device_id)

    def key_of(self, connection: Connection, files: Mapping[str, str], now: float) -> DeviceKey:
        """What one device signs in with, of the files of its credentials; `now` is in seconds since 1970."""
        return resolve_name(self.device_key)(connection, files, now)

    def open_invocation(self, outputs: Mapping[str, Any]) -> Invocation:
        """Native calls of its functions."""
        return resolve_name(self.invocation)(outputs)

    def open_account(self, variables: Mapping[str, str], twin: str) -> CloudAccount:
        """The account that a twin is deployed to, by the input variables of a deployment."""
        return resolve_name(self.account)(variables, twin)

    def open_dead_letters(self, outputs: Mapping[str, Any]) -> DeadLetterQueues:
        """Its dead-letter queues."""
        queues: DeadLetterQueues = resolve_name(self.dead_letters)(outputs)
        return queues

    def open_logs(self, outputs: Mapping[str, Any]) -> FunctionLogs:
        """The logs of its functions."""
        return resolve_name(self.logs)(outputs)

    def open_opener(self, outputs: Mapping[str, Any]) -> ServiceOpener:
        """What opens its endpoints, where the deployment does not."""
        opener: ServiceOpener = resolve_name(self.opener)(outputs)
        return opener

    def open_code(self, outputs: Mapping[str, Any]) -> CodePublisher:
        """The code of its functions."""
        publisher: CodePublisher = resolve_name(self.code)(outputs)
        return publisher

    def open_publisher(self, outputs: Mapping[str, Any]) -> CodePublisher | None:
        """What publishes its functions' code; None where code comes with them."""
        return resolve_name(self.publisher)(outputs) if self.publisher else None

    def open_twins(self, outputs: Mapping[str, Any]) -> TwinPublisher | None:
        """What brings models and twins to its twin service; None where the service reads the project itself."""
        return resolve_name(self.twins)(outputs) if self.twins else None

    def open_graph(self, outputs: Mapping[str, Any]) -> TwinGraph | None:
        """Its twin service, where that is written to."""
        return resolve_name(self.graph)(outputs) if self.graph else None


@dataclass(frozen=True, kw_only=True)
class CloudPack:
    """One cloud. A capability that a pack omits is unsupported; using it raises one clear error.

    `label` is what a person reads; `style` a colour of the terminal, `colour` one of CSS. `services` is what the rows
    of the planner's table ask. The references are: `events` its event source in the emulator, `tariff`, `prices` (name
    of a cloud -> shipped list prices), `fetcher` of prices, `renderer` of Terraform, `twin_face` its twin service in
    the emulator, `twin_alone` the same without a twin, and `twin_environment` how clients find that; `twin_over_tls`:
    they refuse plain HTTP. `reserved` is a pattern of what the cloud allows in no name that begins with a twin's.
    """

    name: Cloud
    label: str
    style: str
    colour: str
    services: CloudServices
    events: str
    tariff: str
    footprint: Footprint
    prices: str
    has_3d: bool = False
    fetcher: str = ""
    packaging: Packaging | None = None
    renderer: str = ""
    reserved: str = ""
    deployed: Deployed | None = None
    twin_face: str = ""
    twin_environment: str = ""
    twin_alone: str = ""
    twin_over_tls: bool = False

    def refuses(self, twin: str) -> bool:
        """Whether what begins with this twin's name could not be made there."""
        return bool(self.reserved) and re.search(self.reserved, twin) is not None

    def event_source(self) -> EventSource:
        """How the emulator starts its functions."""
        return resolve_name(self.events)

    def make_tariff(self) -> Tariff:
        """What its services bill."""
        return resolve_name(self.tariff)()

    def shipped_prices(self) -> tuple[CloudPrices, ...]:
        """The list prices that come with it, by region."""
        return resolve_name(self.prices)(self.name)


@cache
def known_clouds() -> tuple[Cloud, ...]:
    """Every cloud that is registered, in alphabetical order. Raises ConfigurationError where none is."""
    found = tuple(sorted({Cloud(each.name) for each in entry_points(group=GROUP)}))
    if not found:
        raise ConfigurationError(f"no cloud is registered under {GROUP}: install twin2multicloud again (`make setup`)")
    return found


@cache
def pack(cloud: Cloud) -> CloudPack:
    """The record of a cloud. Raises ConfigurationError for one that is not registered."""
    for each in entry_points(group=GROUP, name=cloud):
        found = each.load()
        if not isinstance(found, CloudPack) or found.name != cloud:
            raise ConfigurationError(f"{each.value}, registered as cloud {cloud}, is not a cloud pack of that name")
        return found
    raise _unknown(cloud)


def fetcher_of(cloud: Cloud) -> Fetcher:
    """What fetches a cloud's list prices. Raises ConfigurationError where nothing does."""
    label = label_of(cloud)
    reference = _had(pack(cloud).fetcher, f"{label} has no price list that can be fetched; name others with --cloud")
    return resolve_name(reference)


def label_of(cloud: Cloud) -> str:
    """The name a person reads: ``AWS``, ``Google Cloud``. Raises ConfigurationError like `pack`."""
    return pack(cloud).label


def known_cloud(text: str) -> Cloud:
    """A registered cloud by its name. Raises ConfigurationError with the nearest one."""
    try:
        cloud = parse_cloud(text)
    except ValueError:
        raise _unknown(text) from None
    if cloud not in known_clouds():
        raise _unknown(text)
    return cloud


def packaging_of(cloud: Cloud) -> Packaging:
    """What bundles are like on a cloud. Raises ConfigurationError where there is no packaging for it."""
    label = label_of(cloud)
    return _had(pack(cloud).packaging, f"functions cannot be packaged for {label}: its pack has no packaging")


def renderer_of(cloud: Cloud) -> Renderer:
    """What writes a cloud's Terraform. Raises ConfigurationError where nothing does."""
    label = label_of(cloud)
    reference = _had(pack(cloud).renderer, f"nothing can be deployed to {label}: its pack has no Terraform renderer")
    return resolve_name(reference)


def deployed_on(cloud: Cloud) -> Deployed:
    """How a deployed twin is reached on a cloud. Raises ConfigurationError where no twin can be deployed."""
    return _had(pack(cloud).deployed, f"no twin can be reached on {label_of(cloud)}: its pack opens no deployment")


def _had(part: _Part | None, otherwise: str) -> _Part:
    if not part:
        raise ConfigurationError(otherwise)
    return part


def _unknown(text: str) -> ConfigurationError:
    names = [*known_clouds()]
    expected = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return ConfigurationError(f"cloud {text!r} is unknown, expected {expected}{hint(text, names)}")
