"""Services of a plan that a cloud does not have: functions of ours there. Knows no resource types.

A plan says what a service does, not who makes it. Google Cloud has no device service since IoT Core ended (August
2023), so there the device gateway is packaged and deployed like a function.
"""

from twin2multicloud.domain.components import ComponentType
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.topology import Component, Endpoint, ValueKind, Variable


def is_ours(component: Component) -> bool:
    """Whether a component is a service that we make."""
    return component.name in pack(component.cloud).own_services


def is_function(component: Component) -> bool:
    """Whether a component is code of ours to its cloud: a function of the plan, or a service that we make."""
    return component.type is ComponentType.FUNCTION or is_ours(component)


def endpoint(component: Component) -> Endpoint:
    """Where one of our services answers. It signs callers in by itself, without the token between clouds."""
    path = pack(component.cloud).own_services[component.name]
    return Endpoint(component=component.id, cloud=component.cloud, path=path, row=component.row)


def environment(component: Component, twin: str) -> tuple[Variable, ...]:
    """What every service of ours is told; what only one is told, its cloud's renderer knows."""
    return (
        Variable("CLOUD", ValueKind.LITERAL, component.cloud),
        Variable("ERROR_TOPIC", ValueKind.RESOURCE, f"{component.cloud}.error-topic"),
        Variable("TWIN_NAME", ValueKind.LITERAL, twin),
    )
