"""What each function may do on Azure: one identity per function, and a role only where a link asks for one.

Roles are scoped to the one queue, secret, topic or container. Names: learn.microsoft.com role-based-access-control/
built-in-roles; what a queue trigger needs: azure-functions/functions-bindings-storage-queue-trigger.
"""

from twin2multicloud.domain.components import Kind
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure import device_gateway, hot_store, logs, twin_service
from twin2multicloud.terraform.render.on_azure.references import GROUP, identity, role
from twin2multicloud.terraform.render.scope import READ_ONLY, CloudScope, FunctionView, key_of

_SEND = "Storage Queue Data Message Sender"
_TAKE = "Storage Queue Data Message Processor"
_LOOK = "Storage Queue Data Reader"  # the scale controller reads the queue's length with it
_READ_BLOBS, _CHANGE_BLOBS = "Storage Blob Data Reader", "Storage Blob Data Contributor"
_TOKEN_SCOPE = "${azurerm_key_vault_secret.inter_cloud_token.resource_versionless_id}"  # noqa: S105 - a reference
# Cosmos DB's own built-in roles: learn.microsoft.com azure/cosmos-db/how-to-connect-role-based-access-control
_READ_DATA, _CHANGE_DATA = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


def render(config: Configuration, site: CloudScope, function: FunctionView) -> list[str]:
    """Declare a function's identity and roles; the addresses of the roles, which the function waits for."""
    key = function.key
    identity(config, site, key, function.component.deployed_as)
    roles = [_role(config, key, "logs", "Monitoring Metrics Publisher", logs.SCOPE)]
    if function.reports:
        roles.append(_role(config, key, "errors", "EventGrid Data Sender", "${azurerm_eventgrid_topic.error_topic.id}"))
    if function.from_devices:
        roles.append(_role(config, key, "devices", "Azure Event Hubs Data Receiver", device_gateway.HUB_SCOPE))
    if function.from_queue:
        roles.append(_role(config, key, "take", _TAKE, _queue_scope(key)))
        roles.append(_role(config, key, "look", _LOOK, _queue_scope(key)))
        roles.append(_role(config, key, "poison", _SEND, _queue_scope(f"{key}_poison")))
    targets = map(key_of, function.puts_into)
    roles += [_role(config, key, f"to_{each}", _SEND, _queue_scope(each)) for each in targets]
    if function.needs_token:
        roles.append(_role(config, key, "token", "Key Vault Secrets User", _TOKEN_SCOPE))
    for store, allowed in function.objects:
        name = _READ_BLOBS if allowed == READ_ONLY else _CHANGE_BLOBS
        scope = f"${{azurerm_storage_container.{key_of(store)}.id}}"
        roles.append(_role(config, key, f"to_{key_of(store)}", name, scope))
    for account, access in function.tables:
        roles.append(_store_role(config, key, account, _READ_DATA if access == READ_ONLY else _CHANGE_DATA))
    if any(each.name == Kind.TWIN_SERVICE for each in function.calls):
        roles.append(_role(config, key, "twins", twin_service.WRITES, twin_service.SCOPE))
    return roles


def _queue_scope(key: str) -> str:
    return f"${{azurerm_storage_queue.{key}.resource_manager_id}}"


def _role(config: Configuration, key: str, what: str, name: str, target: str) -> str:
    return role(config, f"{key}_{what}", key, name, target)


def _store_role(config: Configuration, key: str, store: str, role: str) -> str:
    """Grant a role on a store's account, which holds that one container: the SDK reads the account and its database
    first, and a role on the container lets it read neither (azure-cosmos-dotnet-v3 issue 3638)."""
    account = f"${{azurerm_cosmosdb_account.{store}.id}}"
    return config.resource(
        "azurerm_cosmosdb_sql_role_assignment",
        key,
        resource_group_name=GROUP,
        account_name=hot_store.account_name(store),
        role_definition_id=f"{account}/sqlRoleDefinitions/{role}",
        principal_id=f"${{azurerm_user_assigned_identity.{key}.principal_id}}",
        scope=account,
    )
