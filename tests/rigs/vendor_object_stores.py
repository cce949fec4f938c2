"""The object stores of the three clouds, over emulators, as rigs for the contract suite."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs import vendor_clients
from tests.rigs.clock import RigClock
from twin2multicloud.clouds.aws.object_store import COLD_CLASS as S3_CLASS
from twin2multicloud.clouds.aws.object_store import S3ObjectStore
from twin2multicloud.clouds.azure.object_store import COLD_TIER, BlobObjectStore
from twin2multicloud.clouds.gcp.object_store import COLD_CLASS as GCS_CLASS
from twin2multicloud.clouds.gcp.object_store import GcsObjectStore
from twin2multicloud.ports.object_store import ObjectStore


class VendorObjectStoreRig:
    """See `tests.rigs.object_store.ObjectStoreRig`."""

    def __init__(self, store: ObjectStore, other: ObjectStore, other_name: str) -> None:
        self.store, self.other, self.other_name = store, other, other_name


@contextmanager
def s3_on_moto(_: Path) -> Iterator[VendorObjectStoreRig]:
    client, clock = vendor_clients.aws("s3"), RigClock()
    archive, cold = vendor_clients.unique("archive"), vendor_clients.unique("cold")
    for bucket in (archive, cold):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": vendor_clients.REGION})
    yield VendorObjectStoreRig(
        S3ObjectStore(client, archive, S3_CLASS, clock), S3ObjectStore(client, cold, S3_CLASS, clock), cold
    )


@contextmanager
def blobs_on_azurite(_: Path) -> Iterator[VendorObjectStoreRig]:
    service, clock = vendor_clients.azure_blobs(), RigClock()
    archive, cold = vendor_clients.unique("archive"), vendor_clients.unique("cold")
    for container in (archive, cold):
        service.create_container(container)
    yield VendorObjectStoreRig(
        BlobObjectStore(service, archive, COLD_TIER, clock), BlobObjectStore(service, cold, COLD_TIER, clock), cold
    )


@contextmanager
def gcs_on_fake_gcs_server(_: Path) -> Iterator[VendorObjectStoreRig]:
    client, clock = vendor_clients.google_storage(), RigClock()
    archive, cold = vendor_clients.unique("archive"), vendor_clients.unique("cold")
    for bucket in (archive, cold):
        client.create_bucket(bucket)
    yield VendorObjectStoreRig(
        GcsObjectStore(client, archive, GCS_CLASS, clock), GcsObjectStore(client, cold, GCS_CLASS, clock), cold
    )
