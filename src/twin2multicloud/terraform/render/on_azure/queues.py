"""Queues and dead letters on Azure: storage queues in an account without keys.

One queue per function that a queue starts, with the poison queue that the Functions host falls back to (which
names it ``<queue>-poison``), and one dead-letter queue per boundary for what functions give up.
"""

from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.names import letters_and_digits
from twin2multicloud.terraform.render.on_azure.references import placed, queue_name
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope, FunctionView, key_of

SERVICE_URL = "${azurerm_storage_account.queues.primary_queue_endpoint}"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the account and its queues."""
    started = [each for each in site.functions if each.from_queue]
    if not started and not site.dead_letters:
        return
    durable = {"account_replication_type": "ZRS"}  # an answer of 200 means durable: three zones
    storage_account(config, site, "queues", f"{site.twin}-q", shared_access_key_enabled=False, **durable)
    for dead_letters in site.dead_letters:
        _queue(config, key_of(dead_letters), queue_name(dead_letters))
    for function in started:
        _queue(config, function.key, queue_name(function.component))
        _queue(config, f"{function.key}_poison", f"{queue_name(function.component)}-poison")
    _letters(config, site)


def _letters(config: Configuration, site: CloudScope) -> None:
    """Where the dead letters are, and the deployer's right to read and move them."""
    config.data("azurerm_client_config", "deployer")
    config.resource(
        "azurerm_role_assignment",
        "deployer_queues",
        scope="${azurerm_storage_account.queues.id}",
        role_definition_name="Storage Queue Data Contributor",
        principal_id="${data.azurerm_client_config.deployer.object_id}",
    )
    addresses = {
        function.dead_letters.deployed_as: _address(function, function.dead_letters)
        for function in site.functions
        if function.dead_letters is not None
    }
    config.output("azure_dead_letters", addresses, "Dead-letter queues on Azure, and where their letters go")
    config.output("azure_queues", SERVICE_URL, "URL of the queues on Azure")


def _address(function: FunctionView, dead_letters: Component) -> Json:
    found = {"queue": _name(key_of(dead_letters))}
    if function.from_queue:
        found |= {"poison": _name(f"{function.key}_poison"), "target": _name(function.key)}
    return found


def _name(key: str) -> str:
    return f"${{azurerm_storage_queue.{key}.name}}"


def storage_account(config: Configuration, site: CloudScope, key: str, name: str, /, **more: Json) -> str:
    """Declare a storage account without public access; returns its address."""
    return config.resource(
        "azurerm_storage_account",
        key,
        name=letters_and_digits(name, 18) + SUFFIX,
        **placed(site),
        account_tier="Standard",
        min_tls_version="TLS1_2",
        allow_nested_items_to_be_public=False,
        local_user_enabled=False,
        cross_tenant_replication_enabled=False,
        **more,
    )


def _queue(config: Configuration, key: str, name: str) -> None:
    config.resource("azurerm_storage_queue", key, name=name, storage_account_id="${azurerm_storage_account.queues.id}")
