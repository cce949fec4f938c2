"""The vendors' own clients, pointed at their emulators. Each is made once and closed when the tests are over."""

import os
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.rigs import vendor_processes
from tests.rigs.vendor_processes import need_package, open_until_exit

if TYPE_CHECKING:
    from azure.cosmos import DatabaseProxy
    from google.cloud.firestore import Client

    from tests.rigs.vendor_azure_transport import CosmosTransport

REGION = "eu-central-1"
COSMOS_KEY = "cmlncmlncmlncmlncmlncmlncmlncmln"  # any base64: the emulator checks no signature

_numbers = count(1)


def unique(stem: str) -> str:
    """A name that no other rig of this run has."""
    return f"{stem}-{next(_numbers)}"


@cache
def aws(service: str) -> Any:
    """A boto3 client against moto."""
    need_package("boto3")
    import boto3
    from botocore.config import Config

    client = boto3.client(
        service,
        endpoint_url=vendor_processes.moto_url(),
        region_name=REGION,
        aws_access_key_id="rig",
        aws_secret_access_key="rig",
        config=Config(retries={"total_max_attempts": 1}),
    )
    open_until_exit.callback(client.close)
    return client


@cache
def cosmos_transport() -> "CosmosTransport":
    """What the requests to cosmosdb-server go through."""
    need_package("azure.cosmos")
    from tests.rigs.vendor_azure_transport import CosmosTransport

    return CosmosTransport()


@cache
def cosmos_database() -> "DatabaseProxy":
    """A database in cosmosdb-server."""
    transport = cosmos_transport()
    from azure.cosmos import CosmosClient

    url = vendor_processes.cosmosdb_server_url()
    client = CosmosClient(url, COSMOS_KEY, enable_endpoint_discovery=False, transport=transport)
    open_until_exit.enter_context(client)
    return client.create_database("house")


def firestore(host: str) -> "Client":
    """A Firestore client of a project of its own."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.firestore import Client

    before = os.environ.get("FIRESTORE_EMULATOR_HOST")
    os.environ["FIRESTORE_EMULATOR_HOST"] = host  # the client knows no other way
    try:
        return Client(project=unique("rig"), credentials=AnonymousCredentials())
    finally:
        if before is None:
            del os.environ["FIRESTORE_EMULATOR_HOST"]
        else:
            os.environ["FIRESTORE_EMULATOR_HOST"] = before
