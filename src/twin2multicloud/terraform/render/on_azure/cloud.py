"""Everything that Azure holds of a twin, in one pass. Owns the provider's block, resource group, outputs.

Variables: ``azure_location``. The subscription and credentials are the provider's own matter (ARM_SUBSCRIPTION_ID).
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure import (
    device_gateway,
    error_path,
    functions,
    hot_store,
    logs,
    object_stores,
    permissions,
    queues,
    references,
    secrets,
    twin_service,
)
from twin2multicloud.terraform.render.references import Clouds, Renderer
from twin2multicloud.terraform.render.scope import CloudScope

REFERENCES = references.REFERENCES


_FEATURES = {
    # Application Insights makes an alert rule by itself, and the group would not go (azurerm issue 18026).
    "resource_group": [{"prevent_deletion_if_contains_resources": False}],
    # Else azurerm asks each new account's data plane, where the deployer has no role; all that is made here is made by
    # way of Resource Manager (registry.terraform.io azurerm, guides/features-block).
    "storage": [{"data_plane_available": False}],
}


def provide(config: Configuration, _: str) -> None:
    """Add the provider and its variables: enough to remove what an earlier placement left here."""
    # Not westeurope: it refuses Cosmos DB to new subscriptions.
    config.variable("azure_location", "Azure location", default="northeurope")
    # Storage accounts of queues have no keys: the provider, too, signs in as who it is.
    config.provider("azurerm", features=[_FEATURES], storage_use_azuread=True)


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Add Azure's part of the slice to the configuration."""
    provide(config, site.twin)
    config.resource(
        "azurerm_resource_group",
        "twin",
        name=f"{site.twin}-twin",
        location="${var.azure_location}",
        tags=references.tags(site),
    )
    logs.render(config, site)
    secrets.render(config, site)
    hot_store.render(config, site)
    object_stores.render(config, site)
    queues.render(config, site)
    error_path.render(config, site)
    twin_service.render(config, site)
    functions.render(config, site, clouds)
    device_gateway.render(config, site)
    _called(config, site)
    apps = {each.name: f"${{azurerm_function_app_flex_consumption.{each.key}.id}}" for each in site.functions}
    config.output("azure_apps", apps, "Function apps, by function: where `t2mc deploy` publishes code")


def _called(config: Configuration, site: CloudScope) -> None:
    """Where the functions are that the operator calls, and whose keys or which secret opens them, none of them output.

    An endpoint asks for the token; any other function for a function key, which Azure Resource Manager tells whoever
    may list the keys of its app (see clouds/azure/invocation.py).
    """
    if not site.called:
        return
    urls = {each.name: REFERENCES.url(each.component) for each in site.called}
    config.output("azure_called", urls, "URLs of the functions on Azure that the operator calls")
    apps = {
        each.name: f"${{azurerm_function_app_flex_consumption.{each.key}.id}}"
        for each in site.called
        if each.endpoint is None
    }
    if apps:
        config.output("azure_called_apps", apps, "Function apps of those functions")
    if len(apps) < len(site.called):
        config.output("azure_token_secret", references.TOKEN_SECRET_ID, "Secret that holds the inter-cloud token")


RENDERER = Renderer(
    references=REFERENCES,
    provide=provide,
    render=render,
    versions={"azurerm": "4.73.0"},
    needs_suffix=True,
    needs=permissions.needs,
    policy=permissions.policy,
)
