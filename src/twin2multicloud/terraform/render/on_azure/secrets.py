"""The token between clouds in Azure Key Vault. Functions get the secret's id, never its value."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.on_azure.references import deployers_role, placed, tags
from twin2multicloud.terraform.render.references import SUFFIX, TOKEN
from twin2multicloud.terraform.render.scope import CloudScope

_LATE = "180s"
"""How long a role assignment may need; "up to 10 minutes" at worst (role-based-access-control/troubleshooting)."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare vault and secret where a function takes part in a crossing."""
    if not site.needs_token:
        return
    vault = _vault(config, site)
    ready = _access(config, vault)
    config.resource(
        "azurerm_key_vault_secret",
        "inter_cloud_token",
        name="inter-cloud-token",
        key_vault_id=f"${{{vault}.id}}",
        value=TOKEN,
        content_type="text/plain",
        tags=tags(site),
        depends_on=[ready],
    )


def _vault(config: Configuration, site: CloudScope) -> str:
    config.data("azurerm_client_config", "deployer")
    return config.resource(
        "azurerm_key_vault",
        "twin",
        name=single_dashes(f"{site.twin}-{SUFFIX}"),
        **placed(site),
        tenant_id="${data.azurerm_client_config.deployer.tenant_id}",
        sku_name="standard",
        rbac_authorization_enabled=True,
        soft_delete_retention_days=7,
    )


def _access(config: Configuration, vault: str) -> str:
    """Grant the deployer writing secrets; returns what to wait for, since role assignments take effect late."""
    role = deployers_role(config, "vault", "Key Vault Secrets Officer", f"${{{vault}.id}}")
    return config.resource("time_sleep", "vault_access", create_duration=_LATE, depends_on=[role])
