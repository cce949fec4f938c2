"""Everything that Azure holds of a twin, in one pass. Owns the provider's block, the resource group and the outputs.

Variables: ``azure_location``. The subscription and credentials are the provider's own matter (ARM_SUBSCRIPTION_ID).
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure import (
    device_gateway,
    error_topic,
    functions,
    hot_store,
    logs,
    queues,
    readers,
    references,
    secrets,
)
from twin2multicloud.terraform.render.references import Clouds, Renderer
from twin2multicloud.terraform.render.scope import CloudScope

REFERENCES = references.REFERENCES


def provide(config: Configuration, _: str) -> None:
    """Add the provider and its variables: enough to remove what an earlier placement left here."""
    config.variable("azure_location", "The Azure location", default="westeurope")
    # Storage accounts of queues have no keys: the provider, too, signs in as who it is.
    config.provider("azurerm", features=[{}], storage_use_azuread=True)


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
    error_topic.render(config, site)
    secrets.render(config, site)
    hot_store.render(config, site)
    queues.render(config, site)
    functions.render(config, site, clouds)
    device_gateway.render(config, site)
    readers.render(config, site)
    endpoints = {each.name: REFERENCES.url(each.component) for each in site.functions if each.endpoint is not None}
    config.output("azure_endpoints", endpoints, "The URLs of Azure's endpoints, by function")


RENDERER = Renderer(
    references=REFERENCES, provide=provide, render=render, versions={"azurerm": "4.73.0"}, needs_suffix=True
)
