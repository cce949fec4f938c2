"""The hot stores of the three clouds, over their vendors' emulators, as rigs for the contract suite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from twin2multicloud.clouds.aws.hot_store import DynamoTable
from twin2multicloud.clouds.azure.hot_store import CosmosTable
from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
from twin2multicloud.stores.sorted_hot_store import SortedHotStore, SortedTable


class VendorHotStoreRig:
    """See `tests.rigs.hot_store.HotStoreRig`."""

    def __init__(self, table: SortedTable) -> None:
        self.table = table
        self.store = SortedHotStore(table)

    def settle(self) -> None:
        """What was written is durable at once."""


def create_dynamo_table(name: str, client: Any = None) -> None:
    """A table as it is deployed, on moto unless a client says otherwise."""
    (client or vendor_clients.aws("dynamodb")).create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "device_id", "KeyType": "HASH"},
            {"AttributeName": "sort_key", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "device_id", "AttributeType": "S"},
            {"AttributeName": "sort_key", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def dynamodb_on_moto(_: Path) -> Iterator[VendorHotStoreRig]:
    name = vendor_clients.unique("hot-store")
    create_dynamo_table(name)
    yield VendorHotStoreRig(DynamoTable(vendor_clients.aws("dynamodb"), name, RigClock(), RigChance()))


@contextmanager
def cosmos_on_cosmosdb_server(_: Path) -> Iterator[VendorHotStoreRig]:
    from azure.cosmos import PartitionKey

    name = vendor_clients.unique("hot-store")
    database = vendor_clients.cosmos_database()
    container = database.create_container(name, PartitionKey("/device_id"))
    yield VendorHotStoreRig(CosmosTable(container, name))
    database.delete_container(name)


def _firestore(host: Callable[[], str]) -> Callable[[Path], Iterator[VendorHotStoreRig]]:
    def rig(_: Path) -> Iterator[VendorHotStoreRig]:
        vendor_processes.need_package("google.cloud.firestore")
        client = vendor_clients.firestore(host())
        yield VendorHotStoreRig(FirestoreTable(client, "hot-store"))
        client.close()  # type: ignore[no-untyped-call]

    return rig


firestore_on_googles_emulator = contextmanager(_firestore(vendor_processes.google_firestore_host))
firestore_on_npm = contextmanager(_firestore(vendor_processes.npm_firestore_host))
