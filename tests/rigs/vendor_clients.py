"""The vendors' own clients, pointed at their emulators. Each is made once and closed when the tests are over."""

import os
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.rigs import vendor_processes
from tests.rigs.vendor_processes import need_package, open_until_exit

if TYPE_CHECKING:
    from azure.cosmos import DatabaseProxy
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueClient
    from google.cloud.firestore import Client
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.storage import Client as StorageClient
    from google.pubsub_v1 import PublisherClient, SubscriberClient

    from tests.rigs.vendor_azure_transport import CosmosAdapter
    from tests.rigs.vendor_google_server import GoogleServer

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
    client = aws_client(service, vendor_processes.moto_url())
    open_until_exit.callback(client.close)
    return client


@cache
def s3_on_ministack() -> Any:
    """A boto3 client of S3 against ministack."""
    need_package("boto3")
    client = aws_client("s3", vendor_processes.ministack_url())
    open_until_exit.callback(client.close)
    return client


def aws_client(service: str, url: str) -> Any:
    """A boto3 client of a URL, to be closed. It tries once."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="rig",
        aws_secret_access_key="rig",
        config=Config(retries={"total_max_attempts": 1}),
    )


@cache
def cosmos_adapter() -> "CosmosAdapter":
    """What the requests to cosmosdb-server go through."""
    need_package("azure.cosmos")
    from tests.rigs.vendor_azure_transport import CosmosAdapter

    return CosmosAdapter()


@cache
def cosmos_database() -> "DatabaseProxy":
    """A database in cosmosdb-server."""
    transport = cosmos_adapter().transport()
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
        return Client(project=unique("rig"), credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    finally:
        if before is None:
            del os.environ["FIRESTORE_EMULATOR_HOST"]
        else:
            os.environ["FIRESTORE_EMULATOR_HOST"] = before


@cache
def azure_queue(name: str) -> "QueueClient":
    """A client of one queue on azurite."""
    need_package("azure.storage.queue")
    from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient

    url = vendor_processes.azurite_queue_url()
    client = QueueClient(
        url,
        name,
        credential={"account_name": vendor_processes.AZURITE_ACCOUNT, "account_key": vendor_processes.AZURITE_KEY},
        message_encode_policy=BinaryBase64EncodePolicy(),
    )
    return open_until_exit.enter_context(client)


@cache
def azure_blobs() -> "BlobServiceClient":
    """A client of azurite's blob service."""
    return open_until_exit.enter_context(blob_client(vendor_processes.azurite_blob_url()))


def blob_client(url: str, **options: Any) -> "BlobServiceClient":
    """A client of a blob service with azurite's account, to be closed."""
    need_package("azure.storage.blob")
    from azure.storage.blob import BlobServiceClient

    account = {"account_name": vendor_processes.AZURITE_ACCOUNT, "account_key": vendor_processes.AZURITE_KEY}
    return BlobServiceClient(url, account, **options)


@cache
def google_storage() -> "StorageClient":
    """A client of fake-gcs-server."""
    client = storage_client(vendor_processes.fake_gcs_url())
    open_until_exit.callback(client.close)
    return client


def storage_client(url: str) -> "StorageClient":
    """A client of a Cloud Storage without roles, to be closed."""
    need_package("google.cloud.storage")
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return Client(project="rig", credentials=credentials, client_options={"api_endpoint": url})


@cache
def google_server() -> "GoogleServer":
    """Our own server of Google's protocols."""
    need_package("google.pubsub_v1")
    need_package("google.cloud.secretmanager_v1")
    from tests.rigs.vendor_google_server import GoogleServer

    server = GoogleServer()
    open_until_exit.callback(server.close)
    return server


@cache
def _channel(host: str) -> Any:
    import grpc

    channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
    open_until_exit.callback(channel.close)
    return channel


@cache
def publisher(host: str) -> "PublisherClient":
    """A Pub/Sub publisher."""
    from google.pubsub_v1 import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    return PublisherClient(transport=PublisherGrpcTransport(channel=_channel(host)))


@cache
def subscriber(host: str) -> "SubscriberClient":
    """A Pub/Sub subscriber."""
    from google.pubsub_v1 import SubscriberClient
    from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

    return SubscriberClient(transport=SubscriberGrpcTransport(channel=_channel(host)))


@cache
def secret_manager(host: str) -> "SecretManagerServiceClient":
    """A Secret Manager client."""
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
        SecretManagerServiceGrpcTransport,
    )

    return SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=_channel(host)))


@cache
def aws_in_the_dark(service: str) -> Any:
    """A boto3 client of an endpoint where nobody listens."""
    need_package("boto3")
    client = aws_client(service, f"http://{vendor_processes.HOST}:{vendor_processes.free_port()}")
    open_until_exit.callback(client.close)
    return client
