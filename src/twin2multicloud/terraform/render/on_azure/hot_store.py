"""The hot store on Azure: a Cosmos DB container, keyed as ``clouds/azure/hot_store.py`` reads it.

Who may use it is in `access`. The database has the twin's name.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.on_azure.references import GROUP, LOCATION, placed
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope

ACCOUNT = "${azurerm_cosmosdb_account.hot_store.name}"
DATA_SCOPE = (
    "${azurerm_cosmosdb_account.hot_store.id}/dbs/${azurerm_cosmosdb_sql_database.hot_store.name}"
    "/colls/${azurerm_cosmosdb_sql_container.hot_store.name}"
)
"""The container, as Cosmos DB's own roles know it."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare account, database and container where L3-hot is here. Serverless: a twin at rest costs its storage."""
    if site.store is None:
        return
    _account(config, site)
    config.resource(
        "azurerm_cosmosdb_sql_database",
        "hot_store",
        name=site.twin,
        resource_group_name=GROUP,
        account_name=ACCOUNT,
    )
    config.resource(
        "azurerm_cosmosdb_sql_container",
        "hot_store",
        name=site.store.deployed_as,
        resource_group_name=GROUP,
        account_name=ACCOUNT,
        database_name="${azurerm_cosmosdb_sql_database.hot_store.name}",
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
    config.output("azure_hot_store", "${azurerm_cosmosdb_account.hot_store.endpoint}", "URL of the Cosmos DB account")


def _account(config: Configuration, site: CloudScope) -> None:
    config.resource(
        "azurerm_cosmosdb_account",
        "hot_store",
        name=single_dashes(f"{site.twin}-hot-{SUFFIX}"),
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
