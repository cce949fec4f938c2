"""What the planner knows of clouds: the record of each, by one lookup. Rows ask the record, never which cloud it is."""

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import ComponentType, Kind, SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.topology import Component, Endpoint, ValueKind, Variable

_SERVICES = {
    Cloud.AWS: CloudServices(twin_reads=True, twin_sign_in=SignIn.PLUGIN, remote_twin_sign_in=SignIn.SIGV4),
    Cloud.AZURE: CloudServices(twin_reads=False, twin_sign_in=SignIn.OAUTH2, remote_twin_sign_in=SignIn.OAUTH2),
    # Google Cloud has no device service since IoT Core ended (August 2023).
    Cloud.GCP: CloudServices(
        twin_reads=True,
        twin_sign_in=SignIn.TOKEN,
        remote_twin_sign_in=SignIn.TOKEN,
        hot_store_plugin=True,
        own={Kind.DEVICE_GATEWAY: "/topics"},
    ),
}


def services_of(cloud: Cloud) -> CloudServices:
    """What a cloud's services can do."""
    return _SERVICES[cloud]


def is_ours(component: Component) -> bool:
    """Whether a component is a service that its cloud lacks, so that we make it."""
    return component.name in services_of(component.cloud).own


def is_function(component: Component) -> bool:
    """Whether a component is code of ours to its cloud: a function of the plan, or a service that we make."""
    return component.type is ComponentType.FUNCTION or is_ours(component)


def own_endpoint(component: Component) -> Endpoint:
    """Where one of our services answers. It signs callers in by itself, without the token between clouds."""
    path = services_of(component.cloud).own[component.name]
    return Endpoint(component=component.id, cloud=component.cloud, path=path, row=component.row)


def own_environment(component: Component, twin: str) -> tuple[Variable, ...]:
    """What every service of ours is told; what only one is told, its cloud's renderer knows."""
    return (
        Variable("CLOUD", ValueKind.LITERAL, component.cloud),
        Variable("ERROR_TOPIC", ValueKind.RESOURCE, f"{component.cloud}.{Kind.ERROR_TOPIC}"),
        Variable("TWIN_NAME", ValueKind.LITERAL, twin),
    )
