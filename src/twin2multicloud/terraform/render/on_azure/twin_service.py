"""The twin service on Azure: an Azure Digital Twins instance. Its models and twins are no resources of Azure's.

`operations.twin_publishing` brings those to it once it is there. Roles: learn.microsoft.com digital-twins/
concepts-security; who writes values may, by Azure's own roles, change everything in the instance.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure.references import deployers_role, placed
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope

_INSTANCE = "azurerm_digital_twins_instance"
SCOPE = f"${{{_INSTANCE}.twin_service.id}}"
WRITES = "Azure Digital Twins Data Owner"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the instance, where L4 is here."""
    if site.twin_service is None:
        return
    config.resource(_INSTANCE, "twin_service", name=f"{site.twin_service.deployed_as}-{SUFFIX}", **placed(site))
    deployers_role(config, "twin_service", WRITES, SCOPE)
    config.output(
        "azure_twin_service",
        f"https://${{{_INSTANCE}.twin_service.host_name}}",
        "Azure Digital Twins instance: where `t2mc deploy` publishes models and twins",
    )
