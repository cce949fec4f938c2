"""The hot store on Azure, error and event table: Cosmos DB containers, keyed as ``clouds/azure/hot_store.py`` does.

Each has an account of its own. Who may use it is in `access`. The database has the twin's name.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.on_azure.references import GROUP, LOCATION, placed
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope


def account_name(key: str) -> str:
    """The name of the account of a store."""
    return f"${{azurerm_cosmosdb_account.{key}.name}}"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare account, database and container where L3-hot is here, and of the event table where L2 is."""
    if site.event_table is not None:
        account(config, site, "event_table", f"{site.twin}-events")
        container(config, site, "event_table", site.event_table.deployed_as)
    if site.store is None:
        return
    account(config, site, "hot_store", f"{site.twin}-hot")
    container(config, site, "hot_store", site.store.deployed_as)
    config.output("azure_hot_store", "${azurerm_cosmosdb_account.hot_store.endpoint}", "URL of the Cosmos DB account")


def container(config: Configuration, site: CloudScope, key: str, name: str) -> None:
    """Declare the database and the container of a store."""
    config.resource(
        "azurerm_cosmosdb_sql_database",
        key,
        name=site.twin,
        resource_group_name=GROUP,
        account_name=account_name(key),
    )
    config.resource(
        "azurerm_cosmosdb_sql_container",
        key,
        name=name,
        resource_group_name=GROUP,
        account_name=account_name(key),
        database_name=f"${{azurerm_cosmosdb_sql_database.{key}.name}}",
        partition_key_paths=["/device_id"],
        partition_key_version=2,
        indexing_policy=[
            {
                "indexing_mode": "consistent",
                "included_path": [{"path": "/device_id/?"}, {"path": "/sort_key/?"}],
                "excluded_path": [{"path": "/*"}],
            }
        ],
    )


def account(config: Configuration, site: CloudScope, key: str, name: str) -> None:
    """Declare the account of a store. Serverless: a twin at rest costs its storage only."""
    config.resource(
        "azurerm_cosmosdb_account",
        key,
        name=single_dashes(f"{name}-{SUFFIX}"),
        **placed(site),
        offer_type="Standard",
        kind="GlobalDocumentDB",
        capabilities=[{"name": "EnableServerless"}],
        consistency_policy=[{"consistency_level": "Session"}],
        geo_location=[{"location": LOCATION, "failover_priority": 0}],
        backup=[{"type": "Continuous", "tier": "Continuous7Days"}],
        local_authentication_disabled=True,  # no keys: functions sign in as who they are
        access_key_metadata_writes_enabled=False,
        minimal_tls_version="Tls12",
    )
