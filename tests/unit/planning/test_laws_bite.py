"""A law that nothing can break proves nothing: each one is shown a topology that breaks it."""

from collections.abc import Callable

import msgspec
import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin
from tests.unit.planning import laws
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Component, Topology, ValueKind, Variable

ACROSS = twin(Placement.of(dict(zip(Slot, [AWS, AZURE, GCP, AWS, AZURE, *[GCP] * 2], strict=True))))
AT_HOME = twin(Placement.single(AWS))
Change = Callable[[Topology], Topology]


def without(component: str) -> Change:
    return lambda topology: msgspec.structs.replace(
        topology, components=tuple(each for each in topology.components if each.name != component)
    )


def with_environment(name: str, change: Callable[[tuple[Variable, ...]], tuple[Variable, ...]]) -> Change:
    def changed(each: Component) -> Component:
        return msgspec.structs.replace(each, environment=change(each.environment)) if each.name == name else each

    return lambda topology: msgspec.structs.replace(
        topology, components=tuple(changed(each) for each in topology.components)
    )


def without_variable(name: str, variable: str) -> Change:
    return with_environment(name, lambda env: tuple(each for each in env if each.name != variable))


def with_variable(name: str, variable: Variable) -> Change:
    return with_environment(name, lambda env: (*env, variable))


def without_endpoints(topology: Topology) -> Topology:
    return msgspec.structs.replace(topology, endpoints=())


def without_links(target: str) -> Change:
    return lambda topology: msgspec.structs.replace(
        topology, links=tuple(each for each in topology.links if not each.target.endswith(f".{target}"))
    )


def doubled(topology: Topology) -> Topology:
    return msgspec.structs.replace(topology, components=topology.components * 2)


CASES = [
    (laws.connector_exists_iff_sides_differ, ACROSS, without_variable("persister", "REMOTE_WRITER_URL")),
    (laws.connector_exists_iff_sides_differ, ACROSS, without("connector")),
    (laws.every_remote_url_has_one_endpoint_and_one_token, ACROSS, without_endpoints),
    (laws.every_remote_url_has_one_endpoint_and_one_token, ACROSS, without_variable("hot-writer", laws.TOKEN)),
    (laws.every_endpoint_is_asked_for, ACROSS, without_variable("persister", "REMOTE_WRITER_URL")),
    (
        laws.only_who_crosses_holds_the_token,
        AT_HOME,
        with_variable("persister", Variable(laws.TOKEN, ValueKind.TOKEN, "")),
    ),
    (laws.nothing_is_unreachable, ACROSS, without_links("processor")),
    (laws.links_join_what_exists, ACROSS, without("hot-store")),
    (laws.one_cloud_needs_no_crossing, AT_HOME, lambda _: plan(ACROSS)),
    (laws.resources_are_on_the_same_cloud, ACROSS, without("hot-store")),
    (laws.no_secret_is_in_the_plan, ACROSS, with_variable("persister", Variable("X", ValueKind.LITERAL, "s3cr3t"))),
    (laws.no_secret_is_in_the_plan, ACROSS, with_variable("persister", Variable("X", ValueKind.TOKEN, "s3cr3t"))),
    (laws.ids_and_names_are_unique, ACROSS, doubled),
]


@pytest.mark.parametrize(("law", "described", "change"), CASES)
def test_a_broken_topology_breaks_the_law(law, described, change):
    topology = plan(described)
    assert list(law(described, topology)) == []
    assert list(law(described, change(topology))) != []


def test_every_law_is_shown_to_bite():
    unshown = set(laws.LAWS) - {law for law, _, _ in CASES}
    assert unshown == {laws.every_function_wires}  # shown by `test_wiring`: what is missing is named
