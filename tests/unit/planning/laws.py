"""What holds for every topology. Each law is a function from a twin and its topology to what breaks it, in words."""

from collections.abc import Callable, Iterator

from tests.rigs.ports import RigPorts
from tests.rigs.world import resolved
from twin2multicloud.domain.components import DEVICES, OPERATOR, ComponentType, Trigger
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.functions.wiring import FUNCTIONS, wire
from twin2multicloud.planning.services import is_wired
from twin2multicloud.planning.topology import Component, Delivery, Locality, Topology, ValueKind

Law = Callable[[Twin, Topology], Iterator[str]]

# Written out by hand, not read from the planner: who crosses which boundary under which variable, to what.
CROSSINGS = {
    "REMOTE_INGESTION_URL": ("connector", "ingestion"),
    "REMOTE_WRITER_URL": ("persister", "hot-writer"),
    "REMOTE_COLD_WRITER_URL": ("hot-to-cold-mover", "cold-writer"),
    "REMOTE_ARCHIVE_WRITER_URL": ("cold-to-archive-mover", "archive-writer"),
    "REMOTE_READER_URL": ("digital-twin-data-connector", "hot-reader"),
    "REMOTE_READER_LAST_ENTRY_URL": ("digital-twin-data-connector-last-entry", "hot-reader-last-entry"),
    "REMOTE_TWIN_WRITER_URL": ("twin-updater", "twin-writer"),
    "REMOTE_FEEDBACK_URL": ("feedback", "device-commands"),
}
HOMES = {
    "connector": Slot.L1,
    "ingestion": Slot.L2,
    "persister": Slot.L2,
    "hot-writer": Slot.L3_HOT,
    "hot-to-cold-mover": Slot.L3_HOT,
    "cold-writer": Slot.L3_COLD,
    "cold-to-archive-mover": Slot.L3_COLD,
    "archive-writer": Slot.L3_ARCHIVE,
    "digital-twin-data-connector": Slot.L4,
    "digital-twin-data-connector-last-entry": Slot.L4,
    "hot-reader": Slot.L3_HOT,
    "hot-reader-last-entry": Slot.L3_HOT,
    "twin-updater": Slot.L2,
    "twin-writer": Slot.L4,
    "feedback": Slot.L2,
    "device-commands": Slot.L1,
}
TOKEN = "INTER_CLOUD_TOKEN"
_LITERALS = {"aws", "azure", "gcp", "debug", "production", "house", "true"}


def functions(topology: Topology) -> Iterator[Component]:
    """Functions, and a twin service of our own; a device gateway of our own reads what its renderer says."""
    return (each for each in topology.components if is_wired(each))


def connector_exists_iff_sides_differ(twin: Twin, topology: Topology) -> Iterator[str]:
    """For every pair of crossing and endpoint: it is there if, and only if, the placement of the two differs."""
    asked = {
        "REMOTE_TWIN_WRITER_URL": twin.placement.l4 == "azure",
        "REMOTE_READER_URL": twin.placement.l4 != "azure",
        "REMOTE_READER_LAST_ENTRY_URL": twin.placement.l4 != "azure",
        "REMOTE_FEEDBACK_URL": twin.enable_events,
    }
    for url, (caller, endpoint) in CROSSINGS.items():
        source, target = twin.placement[HOMES[caller]], twin.placement[HOMES[endpoint]]
        expected = source != target and asked.get(url, True)
        holder = topology.named(caller)
        found = holder is not None and holder.variable(url) is not None
        if found is not expected:
            yield f"{url} is {'there' if found else 'missing'} between {source} and {target}"
        if found and f"{target}.{endpoint}" not in topology:
            yield f"{url} has no {endpoint} on {target}"
    differ = twin.placement.l1 != twin.placement.l2
    for name in ("connector", "ingestion"):
        if (topology.named(name) is not None) is not differ:
            yield f"{name} although L1 is on {twin.placement.l1} and L2 on {twin.placement.l2}"


def every_remote_url_has_one_endpoint_and_one_token(_: Twin, topology: Topology) -> Iterator[str]:
    for each in functions(topology):
        for variable in each.environment:
            if variable.kind is ValueKind.URL:
                ends = [end for end in topology.endpoints if end.component == variable.value]
                if len(ends) != 1 or variable.value not in topology:
                    yield f"{each.id} {variable.name} leads to {len(ends)} endpoints"
                elif topology[variable.value].cloud == each.cloud:
                    yield f"{each.id} {variable.name} does not leave {each.cloud}"
                elif _tokens(each) != 1 or _tokens(topology[variable.value]) != 1:
                    yield f"{variable.name}: {_tokens(each)} tokens here, {_tokens(topology[variable.value])} there"
            elif variable.name.startswith("REMOTE_"):
                yield f"{each.id} {variable.name} is no URL"


def _tokens(component: Component) -> int:
    return sum(each.name == TOKEN and each.kind is ValueKind.TOKEN for each in component.environment)


def every_endpoint_is_asked_for(_: Twin, topology: Topology) -> Iterator[str]:
    urls = {each.value for function in functions(topology) for each in function.environment if each.kind == "url"}
    queried = {link.target for link in topology.links if link.delivery is Delivery.QUERY and link.sign_in == "token"}
    for each in topology.endpoints:
        if each.component not in urls | queried:
            yield f"nobody asks for the endpoint of {each.component}"
        if topology[each.component].cloud != each.cloud or not each.path.startswith("/"):
            yield f"the endpoint of {each.component} is at {each.cloud}{each.path}"
    if len({each.component for each in topology.endpoints}) != len(topology.endpoints):
        yield "a component has two endpoints"


def only_who_crosses_holds_the_token(_: Twin, topology: Topology) -> Iterator[str]:
    ends = {each.component for each in topology.endpoints}
    for each in functions(topology):
        crosses = any(variable.kind is ValueKind.URL for variable in each.environment)
        calls = {link.target for link in topology.links if link.source == each.id and link.delivery is Delivery.CALL}
        if _tokens(each) != int(crosses or each.id in ends or bool(calls & ends)):
            yield f"{each.id} holds {_tokens(each)} tokens"


def nothing_is_unreachable(_: Twin, topology: Topology) -> Iterator[str]:
    onward: dict[str, set[str]] = {}
    for link in topology.links:
        onward.setdefault(link.source, set()).add(link.target)
    # A topic starts a path too: every used cloud has the error path, also one that holds nothing but a dashboard.
    starts = (ComponentType.SCHEDULE, ComponentType.TOPIC)
    frontier = {DEVICES, OPERATOR, *(each.id for each in topology.components if each.type in starts)}
    reached: set[str] = set()
    while frontier:
        reached |= frontier
        frontier = {target for source in frontier for target in onward.get(source, ())} - reached
    for each in topology.components:
        if each.id not in reached:
            yield f"{each.id} is out of reach"


def links_join_what_exists(_: Twin, topology: Topology) -> Iterator[str]:
    for link in topology.links:
        for end in (link.source, link.target):
            if end not in topology and end not in (DEVICES, OPERATOR):
                yield f"{link.source} → {link.target}: there is no {end}"
                return
        crosses = link.source in topology and topology[link.source].cloud != topology[link.target].cloud
        if crosses is not (link.locality is Locality.REMOTE):
            yield f"{link.source} → {link.target} says {link.locality}"
        if crosses and link.delivery not in (Delivery.POST, Delivery.QUERY):
            yield f"{link.source} → {link.target} leaves its cloud by {link.delivery}"
        if (link.url_variable is not None) is not (link.delivery is Delivery.POST):
            yield f"{link.source} → {link.target} is a {link.delivery} with {link.url_variable}"


def one_cloud_needs_no_crossing(twin: Twin, topology: Topology) -> Iterator[str]:
    if len(twin.placement.clouds) > 1 or twin.dashboard is not DashboardSource.TWIN:
        return
    ends = [each.component for each in topology.endpoints if each.component != "gcp.twin-service"]
    if ends:
        yield f"endpoints {ends}"
    for each in functions(topology):
        if each.name in HOMES and each.name in {pair[1] for pair in CROSSINGS.values()} and "reader" not in each.name:
            yield f"{each.id} stands with nobody to call it"
        marks = (
            ("REMOTE_",) if each.name == "twin-service" else ("REMOTE_", TOKEN)
        )  # a dashboard reads it with the token
        if each.name == "connector" or any(v.name.startswith(marks) for v in each.environment):
            yield f"{each.id} is made for a crossing"


def resources_are_on_the_same_cloud(_: Twin, topology: Topology) -> Iterator[str]:
    for each in functions(topology):
        for variable in each.environment:
            if variable.kind is ValueKind.RESOURCE:
                if variable.value not in topology:
                    yield f"{each.id} {variable.name}: there is no {variable.value}"
                elif topology[variable.value].cloud != each.cloud:
                    yield f"{each.id} {variable.name} is on {topology[variable.value].cloud}"


def no_secret_is_in_the_plan(_: Twin, topology: Topology) -> Iterator[str]:
    for each in functions(topology):
        for variable in each.environment:
            if variable.kind is ValueKind.TOKEN and variable.value:
                yield f"{each.id} {variable.name} has a value"
            if variable.kind is ValueKind.LITERAL and not (variable.value in _LITERALS or variable.value.isdigit()):
                yield f"{each.id} {variable.name} says {variable.value!r}"


def ids_and_names_are_unique(_: Twin, topology: Topology) -> Iterator[str]:
    ids = [each.id for each in topology.components]
    if len(ids) != len(set(ids)):
        yield f"ids twice: {sorted({each for each in ids if ids.count(each) > 1})}"
    deployed = [(each.cloud, each.type, each.deployed_as) for each in topology.components]
    if len(deployed) != len(set(deployed)):
        yield f"names twice: {sorted({each for each in deployed if deployed.count(each) > 1})}"
    for each in topology.components:
        if not each.reason or not each.row:
            yield f"{each.id} has no reason"


def every_function_wires(_: Twin, topology: Topology) -> Iterator[str]:
    """What a function requires of its environment is what the planner gives it: `wire` raises where it is not."""
    for each in functions(topology):
        if each.name in FUNCTIONS:
            function = wire(each.name, resolved(each), RigPorts())
            answers = Trigger.HTTP in function.handlers
            if answers is not (topology.endpoint(each.id) is not None):
                yield f"{each.id} answers HTTP: {answers}"


LAWS: tuple[Law, ...] = (
    connector_exists_iff_sides_differ,
    every_remote_url_has_one_endpoint_and_one_token,
    every_endpoint_is_asked_for,
    only_who_crosses_holds_the_token,
    nothing_is_unreachable,
    links_join_what_exists,
    one_cloud_needs_no_crossing,
    resources_are_on_the_same_cloud,
    no_secret_is_in_the_plan,
    ids_and_names_are_unique,
    every_function_wires,
)
