"""Cold store and archive on Azure: a container each, in one storage account. Blobs get their tier when written.

Who may use it is in `access`. The account has no keys, no public access and no versions: a blob is written once and
never changed, and what a mover deletes is in the next tier. Locally redundant, since the archive tier knows no zones.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.on_azure import queues
from twin2multicloud.terraform.render.scope import CloudScope, key_of

URL = "${azurerm_storage_account.objects.primary_blob_endpoint}"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the account and the containers of the tiers that are here."""
    if not site.object_stores:
        return
    account = queues.storage_account(
        config,
        site,
        "objects",
        f"{site.twin}-o",
        account_replication_type="LRS",
        access_tier="Cool",
        shared_access_key_enabled=False,
    )
    for store in site.object_stores:
        key = key_of(store)
        config.resource(
            "azurerm_storage_container",
            key,
            name=single_dashes(store.deployed_as),
            storage_account_id=f"${{{account}.id}}",
            container_access_type="private",
        )
    config.output("azure_object_store", URL, "Blob service of the cold store and the archive")
