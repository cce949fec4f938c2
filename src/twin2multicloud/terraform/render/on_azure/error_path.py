"""The error path on Azure: an Event Grid topic that takes CloudEvents and fills the reporter's queue; the error table.

The topic has no keys: publishers sign in as who they are (see `access`), and the topic does at the queue. A queue, and
not the function itself: a subscription to a function that has no code yet is refused.
"""

from twin2multicloud.hosting.error_events import DETAIL_TYPE
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure import hot_store, references
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope

_TOPIC = "azurerm_eventgrid_topic.error_topic"
_SCHEMA = "CloudEventSchemaV1_0"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare topic, table and, from the one to the queue of what fills the other, the subscription."""
    config.resource(
        "azurerm_eventgrid_topic",
        "error_topic",
        name=f"{site.error_topic.deployed_as}-{SUFFIX}",
        **references.placed(site),
        input_schema=_SCHEMA,
        local_auth_enabled=False,
        identity=[{"type": "SystemAssigned"}],
    )
    hot_store.account(config, site, "error_table", f"{site.twin}-errors")
    hot_store.container(config, site, "error_table", site.error_table.deployed_as)
    for function in site.functions:
        if function.from_errors:
            _fill(config, site, function.key)


def _fill(config: Configuration, site: CloudScope, key: str) -> None:
    role = config.resource(
        "azurerm_role_assignment",
        "error_topic",
        scope=f"${{azurerm_storage_queue.{key}.resource_manager_id}}",
        role_definition_name="Storage Queue Data Message Sender",
        principal_id=f"${{{_TOPIC}.identity[0].principal_id}}",
        principal_type="ServicePrincipal",
        skip_service_principal_aad_check=True,
    )
    config.resource(
        "azurerm_eventgrid_event_subscription",
        "error_topic",
        name=site.error_topic.deployed_as,
        scope=f"${{{_TOPIC}.id}}",
        event_delivery_schema=_SCHEMA,
        included_event_types=[DETAIL_TYPE],
        storage_queue_endpoint=[
            {
                "storage_account_id": "${azurerm_storage_account.queues.id}",
                "queue_name": f"${{azurerm_storage_queue.{key}.name}}",
            }
        ],
        delivery_identity=[{"type": "SystemAssigned"}],
        depends_on=[role],
    )
