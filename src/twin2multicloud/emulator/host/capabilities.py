"""What the emulator runs of a topology, and what it leaves out. Owns the sentence that says so."""

from twin2multicloud.domain.components import ComponentType
from twin2multicloud.functions.wiring import FUNCTIONS
from twin2multicloud.planning.topology import Boundary, Component, Topology, ValueKind, Variable


def runs(component: Component) -> bool:
    """Whether the emulator runs a function: those that exist in code."""
    return component.type is ComponentType.FUNCTION and component.name in FUNCTIONS


def left_out(topology: Topology) -> tuple[str, ...]:
    """The names of planned functions that are not run here yet, each once, in plan order."""
    names = (each.name for each in topology.components if each.type is ComponentType.FUNCTION and not runs(each))
    return tuple(dict.fromkeys(names))


def feeds_nobody(variable: Variable, topology: Topology) -> bool:
    """Whether a variable names a queue whose function is not run here: nothing may be put there, it would stay."""
    if variable.kind is not ValueKind.RESOURCE or variable.value not in topology:
        return False
    target = topology[variable.value]
    return target.type is ComponentType.FUNCTION and not runs(target)


def carries(boundary: Boundary, topology: Topology) -> bool:
    """Whether messages pass a boundary here: every function in its row is run, and its data is not a service's own."""
    links = [link for link in topology.links if link.row == boundary.row]
    ends = {end for link in links for end in (link.source, link.target) if end in topology}
    kinds = [topology[end] for end in ends]
    unserved = {"twin-service", "cold-store", "archive-store", "event-workflow"}
    return all(runs(each) for each in kinds if each.type is ComponentType.FUNCTION) and not any(
        each.name in unserved for each in kinds
    )
