"""The part of a plan that is run, and what is omitted. Used by Terraform, archives, emulator and status.

Functions run where there is code for them. Of stores, services and topics those run that the caller names.
"""

from collections.abc import Collection
from functools import cached_property

import msgspec

from twin2multicloud.domain.components import ComponentType, has_code
from twin2multicloud.planning.services import is_function
from twin2multicloud.planning.topology import Boundary, Component, Delivery, Link, Topology, ValueKind, Variable


class Coverage(msgspec.Struct, frozen=True, dict=True):
    """The part of a topology that is run, by the ids of its components."""

    topology: Topology
    ids: frozenset[str]

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """What is run, in plan order."""
        return tuple(each for each in self.topology.components if each.id in self.ids)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The links between what is run, and those from devices and the operator to it."""
        links = (each for each in self.topology.links if each.target in self)
        return tuple(each for each in links if each.source in self or each.source not in self.topology)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of what is planned and not run, each once, in plan order."""
        return tuple(dict.fromkeys(each.name for each in self.topology.components if each.id not in self.ids))

    @property
    def functions_left_out(self) -> tuple[str, ...]:
        """The same, of functions alone."""
        kinds = {each.name for each in self.topology.components if each.type is ComponentType.FUNCTION}
        return tuple(name for name in self.left_out if name in kinds)

    def __contains__(self, component_id: str) -> bool:
        """Whether a component is run."""
        return component_id in self.ids

    def environment(self, component: Component) -> tuple[Variable, ...]:
        """A function's variables, without those that name what is not run: a message sent there would stay for ever."""
        named = (ValueKind.RESOURCE, ValueKind.URL)
        return tuple(each for each in component.environment if each.kind not in named or each.value in self)

    def carries(self, boundary: Boundary) -> bool:
        """Whether messages pass a boundary: all that its row names is run."""
        links = (link for link in self.topology.links if link.row == boundary.row)
        return all(end in self or end not in self.topology for link in links for end in (link.source, link.target))


def functions_of(topology: Topology) -> tuple[Component, ...]:
    """The functions of a topology that have code, our own services included.

    The error path's only where something reports to it.
    """
    found = tuple(each for each in topology.components if is_function(each) and has_code(each.name))
    reporting = {each.cloud for each in found if each.slot is not None}
    return tuple(each for each in found if each.cloud in reporting)


def cover(topology: Topology, services: Collection[str]) -> Coverage:
    """The functions that exist in code, their dead letters, and the stores, services and topics of these names."""
    functions = {each.id for each in functions_of(topology)}
    named = {each.id for each in topology.components if each.name in services}
    queues = {each.id for each in topology.components if each.type is ComponentType.QUEUE}
    fed = {each.target for each in topology.links if each.delivery is Delivery.QUEUE and each.source in functions}
    return Coverage(topology, frozenset(functions | named | (queues & fed)))
