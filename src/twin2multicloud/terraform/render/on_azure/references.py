"""How Azure resources of the slice are referred to. Owns the addresses that other files and other clouds use.

No host name is built: those of function apps may carry a hash, so all come from attributes.
"""

from typing import Any

from twin2multicloud.domain.components import Kind
from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.references import References

GROUP = "${azurerm_resource_group.twin.name}"
LOCATION = "${azurerm_resource_group.twin.location}"
TOKEN_SECRET_ID = "${azurerm_key_vault_secret.inter_cloud_token.versionless_id}"  # noqa: S105 - a reference


def queue_name(component: Component) -> str:
    """The storage queue's name of a component: a function that a queue starts, or dead letters."""
    return single_dashes(component.deployed_as)


def tags(site: scope.CloudScope) -> dict[str, str]:
    """What marks a resource as this twin's; azurerm has no default tags."""
    return {"twin": site.twin, "managed-by": "twin2multicloud"}


def placed(site: scope.CloudScope) -> dict[str, Any]:
    """What says that a resource is in the twin's group, at its place and with its tags."""
    return {"resource_group_name": GROUP, "location": LOCATION, "tags": tags(site)}


def identity(config: Configuration, site: scope.CloudScope, key: str, name: str) -> None:
    """Declare who something of ours is when it signs in."""
    config.resource("azurerm_user_assigned_identity", key, name=name, **placed(site))


def role(config: Configuration, key: str, who: str, role: str, target: str) -> str:
    """Grant the identity of the key `who` a role on a target; the grant's address."""
    return config.resource(
        "azurerm_role_assignment",
        key,
        scope=target,
        role_definition_name=role,
        principal_id=f"${{azurerm_user_assigned_identity.{who}.principal_id}}",
        principal_type="ServicePrincipal",
        skip_service_principal_aad_check=True,  # an identity made a second ago is not everywhere yet
    )


def deployers_role(config: Configuration, key: str, role: str, target: str) -> str:
    """Grant whoever deploys a role on a target; the grant's address."""
    deployer = config.data("azurerm_client_config", "deployer")
    return config.resource(
        "azurerm_role_assignment",
        f"deployer_{key}",
        scope=target,
        role_definition_name=role,
        principal_id=f"${{{deployer}.object_id}}",
    )


def _url(component: Component) -> str:
    """The route is the function's name: the bundle's host.json has no prefix."""
    host = f"${{azurerm_function_app_flex_consumption.{scope.key_of(component)}.default_hostname}}"
    return f"https://{host}/{component.name}"


def _resource(component: Component) -> str:
    if component.name in (Kind.HOT_STORE, Kind.ERROR_TABLE, Kind.EVENT_TABLE):
        return f"${{azurerm_cosmosdb_sql_container.{scope.key_of(component)}.name}}"
    if component.name in scope.OBJECT_STORES:
        return f"${{azurerm_storage_container.{scope.key_of(component)}.name}}"
    if component.name == Kind.TWIN_SERVICE:
        return "https://${azurerm_digital_twins_instance.twin_service.host_name}"
    if component.name == scope.ERROR_TOPIC:
        return "${azurerm_eventgrid_topic.error_topic.endpoint}"
    return f"${{azurerm_storage_queue.{scope.key_of(component)}.name}}"


REFERENCES = References(url=_url, resource=_resource, token_secret=TOKEN_SECRET_ID)
