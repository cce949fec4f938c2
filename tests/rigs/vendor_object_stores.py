"""The object stores of the three clouds, over emulators, as rigs for the contract suite; and over a faulty wire."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.clock import RigClock
from tests.rigs.faulty_wire import Wire, wire
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


@contextmanager
def blobs_on_azurite(_: Path) -> Iterator[VendorObjectStoreRig]:
    yield _blobs(vendor_clients.azure_blobs())


@contextmanager
def gcs_on_fake_gcs_server(_: Path) -> Iterator[VendorObjectStoreRig]:
    yield _gcs(vendor_clients.google_storage())


WiredRig = tuple[VendorObjectStoreRig, Wire]


@contextmanager
def s3_on_moto_by_wire() -> Iterator[WiredRig]:
    with wire(vendor_processes.moto_url()) as between, closing(vendor_clients.aws_client("s3", between.url)) as client:
        yield _s3(client), between


@contextmanager
def s3_on_ministack_by_wire() -> Iterator[WiredRig]:
    url = vendor_processes.ministack_url()
    with wire(url) as between, closing(vendor_clients.aws_client("s3", between.url)) as client:
        yield _s3(client), between


@contextmanager
def blobs_on_azurite_by_wire() -> Iterator[WiredRig]:
    url = vendor_processes.azurite_blob_url()
    with wire(url) as between, vendor_clients.blob_client(between.url, retry_total=0) as client:
        yield _blobs(client), between


@contextmanager
def gcs_on_fake_gcs_server_by_wire() -> Iterator[WiredRig]:
    url = vendor_processes.fake_gcs_url()
    with wire(url) as between, closing(vendor_clients.storage_client(between.url)) as client:
        yield _gcs(client), between


WIRED = {
    "s3-moto": s3_on_moto_by_wire,
    "s3-ministack": s3_on_ministack_by_wire,
    "blob-azurite": blobs_on_azurite_by_wire,
    "gcs-fake-gcs-server": gcs_on_fake_gcs_server_by_wire,
}
"""The rigs over a wire on which faults happen, by the names of the rigs without one."""


def _s3(client: Any) -> VendorObjectStoreRig:
    clock, where = RigClock(), {"LocationConstraint": vendor_clients.REGION}
    return _rig(
        lambda name: client.create_bucket(Bucket=name, CreateBucketConfiguration=where),
        lambda name: S3ObjectStore(client, name, S3_CLASS, clock),
    )


def _blobs(service: Any) -> VendorObjectStoreRig:
    clock = RigClock()
    return _rig(service.create_container, lambda name: BlobObjectStore(service, name, COLD_TIER, clock))


def _gcs(client: Any) -> VendorObjectStoreRig:
    clock = RigClock()
    return _rig(client.create_bucket, lambda name: GcsObjectStore(client, name, GCS_CLASS, clock))


def _rig(create: Callable[[str], object], store: Callable[[str], ObjectStore]) -> VendorObjectStoreRig:
    """An archive and a cold store of their own, made in the emulator."""
    archive, cold = vendor_clients.unique("archive"), vendor_clients.unique("cold")
    create(archive)
    create(cold)
    return VendorObjectStoreRig(store(archive), store(cold), cold)
