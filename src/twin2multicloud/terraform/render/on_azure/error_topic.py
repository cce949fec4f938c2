"""Azure's error topic: an Event Grid topic that takes CloudEvents. Who may put events there is in `access`."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure.references import placed
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the topic. It has no keys: publishers sign in as who they are."""
    config.resource(
        "azurerm_eventgrid_topic",
        "error_topic",
        name=f"{site.error_topic.deployed_as}-{SUFFIX}",
        **placed(site),
        input_schema="CloudEventSchemaV1_0",
        local_auth_enabled=False,
    )
