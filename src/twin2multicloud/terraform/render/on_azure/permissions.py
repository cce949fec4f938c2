"""What whoever deploys has to be allowed on Azure, by resource type of the configuration. Pure.

An action is ``<resource provider type>/read|write|delete`` (learn.microsoft.com role-based-access-control,
resource-provider-operations); which types the provider calls is by its documentation, and no account has confirmed it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.ports.cloud_account import Needs

_TYPES: Mapping[str, tuple[str, ...]] = {
    "azurerm_application_insights": ("Microsoft.Insights/components",),
    "azurerm_cosmosdb_account": ("Microsoft.DocumentDB/databaseAccounts",),
    "azurerm_cosmosdb_sql_container": ("Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers",),
    "azurerm_cosmosdb_sql_database": ("Microsoft.DocumentDB/databaseAccounts/sqlDatabases",),
    "azurerm_cosmosdb_sql_role_assignment": ("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",),
    "azurerm_digital_twins_instance": ("Microsoft.DigitalTwins/digitalTwinsInstances",),
    "azurerm_eventgrid_event_subscription": ("Microsoft.EventGrid/eventSubscriptions",),
    "azurerm_eventgrid_topic": ("Microsoft.EventGrid/topics",),
    "azurerm_eventhub": ("Microsoft.EventHub/namespaces/eventhubs",),
    "azurerm_eventhub_namespace": ("Microsoft.EventHub/namespaces",),
    "azurerm_function_app_flex_consumption": ("Microsoft.Web/sites",),
    "azurerm_iothub": ("Microsoft.Devices/iotHubs",),
    "azurerm_iothub_endpoint_eventhub": ("Microsoft.Devices/iotHubs",),
    "azurerm_iothub_route": ("Microsoft.Devices/iotHubs",),
    "azurerm_key_vault": ("Microsoft.KeyVault/vaults",),
    "azurerm_key_vault_secret": (),  # by the role that the configuration gives the deployer
    "azurerm_log_analytics_workspace": ("Microsoft.OperationalInsights/workspaces",),
    "azurerm_resource_group": ("Microsoft.Resources/subscriptions/resourceGroups",),
    "azurerm_role_assignment": ("Microsoft.Authorization/roleAssignments",),
    "azurerm_service_plan": ("Microsoft.Web/serverfarms",),
    "azurerm_storage_account": ("Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/blobServices"),
    "azurerm_storage_container": ("Microsoft.Storage/storageAccounts/blobServices/containers",),
    "azurerm_storage_queue": ("Microsoft.Storage/storageAccounts/queueServices/queues",),
    "azurerm_user_assigned_identity": ("Microsoft.ManagedIdentity/userAssignedIdentities",),
}

_FURTHER: Mapping[str, tuple[str, ...]] = {
    "azurerm_cosmosdb_account": (
        "Microsoft.DocumentDB/databaseAccounts/listConnectionStrings/action",
        "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
        "Microsoft.DocumentDB/databaseAccounts/readonlykeys/action",
    ),
    "azurerm_eventgrid_topic": ("Microsoft.EventGrid/topics/listKeys/action",),
    "azurerm_eventhub_namespace": ("Microsoft.EventHub/namespaces/authorizationRules/listkeys/action",),
    "azurerm_function_app_flex_consumption": (
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Web/sites/functions/read",
        "Microsoft.Web/sites/host/listkeys/action",
        "Microsoft.Web/sites/publish/action",
    ),
    "azurerm_iothub": ("Microsoft.Devices/iotHubs/listkeys/action",),
    "azurerm_key_vault": (
        "Microsoft.KeyVault/locations/deletedVaults/purge/action",
        "Microsoft.KeyVault/locations/deletedVaults/read",
    ),
    "azurerm_log_analytics_workspace": ("Microsoft.OperationalInsights/workspaces/sharedKeys/action",),
    "azurerm_role_assignment": ("Microsoft.Authorization/roleDefinitions/read",),
    "azurerm_storage_account": ("Microsoft.Storage/storageAccounts/listKeys/action",),
    "azurerm_user_assigned_identity": ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",),
}
_ALWAYS = (
    "Microsoft.Authorization/permissions/read",
    "Microsoft.Resources/subscriptions/providers/read",
    "Microsoft.Resources/subscriptions/read",
)


def needs(config: Mapping[str, Any]) -> Needs:
    """What a configuration takes of the subscription. Raises KeyError for a resource type that the table lacks."""
    kinds = [kind for kind in config["resource"] if kind.startswith("azurerm_")]
    types = {type_ for kind in kinds for type_ in _TYPES[kind]}
    services = {each.split("/")[0] for each in types} - {"Microsoft.Authorization", "Microsoft.Resources"}
    actions = {f"{each}/{verb}" for each in types for verb in ("delete", "read", "write")}
    further = {action for kind in kinds for action in _FURTHER.get(kind, ())}
    registering = {f"{each}/register/action" for each in services}
    groups = [each["name"] for each in config["resource"].get("azurerm_resource_group", {}).values()]
    return Needs(
        permissions=tuple(sorted({*actions, *further, *registering, *_ALWAYS})),
        services=tuple(sorted(services)),
        names=tuple(("resource group", name) for name in groups if "${" not in name),
        functions=len(config["resource"].get("azurerm_function_app_flex_consumption", {})),
    )


def policy(permissions: Sequence[str], twin: str) -> Mapping[str, Any]:
    """A custom role with those actions, as ``az role definition create --role-definition`` takes it."""
    return {
        "Name": f"Deployer of {twin}",
        "IsCustom": True,
        "Description": f"Deploys the digital twin {twin}",
        "Actions": list(permissions),
        "NotActions": [],
        "AssignableScopes": ["/subscriptions/SUBSCRIPTION_ID"],
    }
