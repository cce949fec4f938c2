"""Queues and dead letters on Azure: storage queues in an account without keys.

One queue per function that a queue starts, with the poison queue that the Functions host falls back to (which
names it ``<queue>-poison``), and one dead-letter queue per boundary for what functions give up.
"""

from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.names import letters_and_digits
from twin2multicloud.terraform.render.on_azure.references import placed, queue_name
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope, key_of

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
