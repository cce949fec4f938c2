"""Where Azure's functions log: one Log Analytics workspace, with retention, and Application Insights on top of it."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure.references import placed
from twin2multicloud.terraform.render.scope import CloudScope

CONNECTION = "${azurerm_application_insights.logs.connection_string}"
SCOPE = "${azurerm_application_insights.logs.id}"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare both. Who writes signs in as itself, so that the connection string opens nothing."""
    workspace = config.resource(
        "azurerm_log_analytics_workspace",
        "logs",
        name=f"{site.twin}-logs",
        **placed(site),
        sku="PerGB2018",
        retention_in_days="${max(var.log_retention_days, 30)}",  # the service keeps 30 days at least
    )
    config.output("azure_logs", f"${{{workspace}.workspace_id}}", "Id of the workspace that functions log to")
    config.resource(
        "azurerm_application_insights",
        "logs",
        name=f"{site.twin}-insights",
        **placed(site),
        application_type="other",
        workspace_id=f"${{{workspace}.id}}",
        local_authentication_disabled=True,
    )
