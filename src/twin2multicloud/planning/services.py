"""What a cloud's services can do, by one look-up, and the services that we make where a cloud lacks them."""

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import ComponentType, Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.topology import Component, Endpoint, ValueKind, Variable


def services_of(cloud: Cloud) -> CloudServices:
    """What a cloud's services can do."""
    return pack(cloud).services


def is_ours(component: Component) -> bool:
    """Whether a component is a service that its cloud lacks, so that we make it."""
    return component.name in services_of(component.cloud).own


def is_function(component: Component) -> bool:
    """Whether a component is our own code: a function of the plan, or a service that its cloud lacks."""
    return component.type is ComponentType.FUNCTION or is_ours(component)


def is_wired(component: Component) -> bool:
    """Whether the table says what a component's environment is; a device gateway's is said beside its dispatcher."""
    return is_function(component) and component.name != Kind.DEVICE_GATEWAY


def own_endpoint(component: Component) -> Endpoint:
    """Where one of our services answers. It authenticates callers itself, without the inter-cloud token."""
    path = services_of(component.cloud).own[component.name]
    return Endpoint(component=component.id, cloud=component.cloud, path=path, row=component.row)


def own_environment(component: Component, twin: str) -> tuple[Variable, ...]:
    """The environment of every function and own service; renderers add what else a service needs."""
    return (
        Variable("CLOUD", ValueKind.LITERAL, component.cloud),
        Variable("ERROR_TOPIC", ValueKind.RESOURCE, f"{component.cloud}.{Kind.ERROR_TOPIC}"),
        Variable("TWIN_NAME", ValueKind.LITERAL, twin),
    )
