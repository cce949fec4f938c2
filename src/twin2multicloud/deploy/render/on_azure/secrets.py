"""The vault on Azure: the token between clouds, and what the dispatcher needs to read IoT Hub's built-in endpoint.

Functions get a secret's id, or a reference that the platform resolves; never its value.
"""

from twin2multicloud.deploy.render.configuration import Configuration
from twin2multicloud.deploy.render.names import single_dashes
from twin2multicloud.deploy.render.on_azure.references import GROUP, LOCATION, tags
from twin2multicloud.deploy.render.references import SUFFIX, TOKEN
from twin2multicloud.deploy.render.scope import Site

VAULT_READY = "time_sleep.vault_access"
"""What every secret waits for: a role needs a moment until the vault knows of it."""


def render(config: Configuration, site: Site) -> None:
    """Declare the vault where there is a secret to keep, and the token where a function takes part in a crossing."""
    if not site.needs_token and site.gateway is None:
        return
    _vault(config, site)
    if site.needs_token:
        secret(config, site, "inter_cloud_token", "inter-cloud-token", TOKEN)


def secret(config: Configuration, site: Site, key: str, name: str, value: str) -> str:
    """Declare a secret in the vault; its address."""
    return config.resource(
        "azurerm_key_vault_secret",
        key,
        name=name,
        key_vault_id="${azurerm_key_vault.twin.id}",
        value=value,
        content_type="text/plain",
        tags=tags(site),
        depends_on=[VAULT_READY],
    )


def _vault(config: Configuration, site: Site) -> None:
    config.data("azurerm_client_config", "deployer")
    vault = config.resource(
        "azurerm_key_vault",
        "twin",
        name=single_dashes(f"{site.twin}-{SUFFIX}"),
        resource_group_name=GROUP,
        location=LOCATION,
        tenant_id="${data.azurerm_client_config.deployer.tenant_id}",
        sku_name="standard",
        rbac_authorization_enabled=True,
        soft_delete_retention_days=7,
        tags=tags(site),
    )
    role = config.resource(
        "azurerm_role_assignment",
        "deployer_vault",
        scope=f"${{{vault}.id}}",
        role_definition_name="Key Vault Secrets Officer",
        principal_id="${data.azurerm_client_config.deployer.object_id}",
    )
    config.resource("time_sleep", "vault_access", create_duration="60s", depends_on=[role])
