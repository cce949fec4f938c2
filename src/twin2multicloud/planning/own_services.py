"""Services of a plan that a cloud does not have: functions of ours there. Owns the table; knows no resource types.

A plan says what a service does, not who makes it. Google Cloud has no device service since IoT Core ended (August
2023), so there the device gateway is packaged and deployed like a function.
"""

from collections.abc import Mapping

from twin2multicloud.domain.components import ComponentType, Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.topology import Component, Endpoint, ValueKind, Variable

OWN_SERVICES: Mapping[Cloud, Mapping[str, str]] = {Cloud.GCP: {Kind.DEVICE_GATEWAY: "/topics"}}
"""Cloud -> the services that we make there, and the path under which each answers."""


def is_ours(component: Component) -> bool:
    """Whether a component is a service that we make."""
    return component.name in OWN_SERVICES.get(component.cloud, {})


def is_function(component: Component) -> bool:
    """Whether a component is code of ours to its cloud: a function of the plan, or a service that we make."""
    return component.type is ComponentType.FUNCTION or is_ours(component)


def endpoint(component: Component) -> Endpoint:
    """Where one of our services answers. It signs callers in by itself, without the token between clouds."""
    path = OWN_SERVICES[component.cloud][component.name]
    return Endpoint(component=component.id, cloud=component.cloud, path=path, row=component.row)


def environment(component: Component, twin: str) -> tuple[Variable, ...]:
    """What every service of ours is told; what only one is told, its cloud's renderer knows."""
    return (
        Variable("CLOUD", ValueKind.LITERAL, component.cloud.value),
        Variable("ERROR_TOPIC", ValueKind.RESOURCE, f"{component.cloud}.error-topic"),
        Variable("TWIN_NAME", ValueKind.LITERAL, twin),
    )
