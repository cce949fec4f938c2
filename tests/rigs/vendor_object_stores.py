"""The object stores of the three clouds, over emulators, as rigs for the contract suite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    yield _s3(vendor_clients.aws("s3"))


@contextmanager
def s3_on_ministack(_: Path) -> Iterator[VendorObjectStoreRig]:
    yield _s3(vendor_clients.s3_on_ministack())


def _s3(client: Any) -> VendorObjectStoreRig:
    clock = RigClock()
    where = {"LocationConstraint": vendor_clients.REGION}
    return _rig(
        lambda name: client.create_bucket(Bucket=name, CreateBucketConfiguration=where),
        lambda name: S3ObjectStore(client, name, S3_CLASS, clock),
    )


@contextmanager
def blobs_on_azurite(_: Path) -> Iterator[VendorObjectStoreRig]:
    service, clock = vendor_clients.azure_blobs(), RigClock()
    yield _rig(service.create_container, lambda name: BlobObjectStore(service, name, COLD_TIER, clock))


@contextmanager
def gcs_on_fake_gcs_server(_: Path) -> Iterator[VendorObjectStoreRig]:
    client, clock = vendor_clients.google_storage(), RigClock()
    yield _rig(client.create_bucket, lambda name: GcsObjectStore(client, name, GCS_CLASS, clock))


def _rig(create: Callable[[str], object], store: Callable[[str], ObjectStore]) -> VendorObjectStoreRig:
    """An archive and a cold store of their own, made in the emulator."""
    archive, cold = vendor_clients.unique("archive"), vendor_clients.unique("cold")
    create(archive)
    create(cold)
    return VendorObjectStoreRig(store(archive), store(cold), cold)
