"""Cold store and archive in Blob Storage: a container each, whose blobs get its tier. Owns the calls and answers.

``If-None-Match: *`` makes a creation happen once (409 where the blob is there), ``Content-MD5`` is verified and kept.
(learn.microsoft.com rest/api/storageservices, put-blob, copy-blob, set-blob-tier.)
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.object_store import ArchivedError, StoredObject

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient

COLD_TIER, ARCHIVE_TIER, READABLE_TIER = "Cool", "Archive", "Cool"
RESTORE_HOURS = 15


class BlobObjectStore:
    """An `ObjectStore` in a container. `tier` is what its blobs are written with."""

    def __init__(self, service: "BlobServiceClient", container: str, tier: str, clock: Clock) -> None:
        self._service, self._container = service, service.get_container_client(container)
        self._tier, self._clock = tier, clock
        self._doing = f"object store {container}"

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        """See `ports.object_store.ObjectStore.create`."""
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import ContentSettings, StandardBlobTier

        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        with self._errors(name):
            try:
                self._blob(name).upload_blob(
                    body,
                    overwrite=False,
                    standard_blob_tier=StandardBlobTier(READABLE_TIER if readable else self._tier),
                    content_settings=ContentSettings(content_type="application/gzip", content_md5=bytearray(md5)),
                )
            except ResourceExistsError:
                found = self._blob(name).get_blob_properties().content_settings.content_md5
                if bytes(found or b"") != md5:
                    raise FinalError(f"{name} is there with another content", 409) from None

    def read(self, name: str) -> bytes:
        """See `ports.object_store.ObjectStore.read`."""
        with self._errors(name):
            return self._blob(name).download_blob().readall()

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        """See `ports.object_store.ObjectStore.objects`. The service starts at a name, which is left out here."""
        with self._errors(prefix):
            pages = self._container.list_blobs(
                name_starts_with=prefix, results_per_page=limit + 1, start_from=after or None
            )
            found: list[StoredObject] = []
            for blob in pages:
                if blob.name > after:
                    found.append(StoredObject(blob.name, blob.size, str(blob.blob_tier) == ARCHIVE_TIER))
                if len(found) == limit:
                    break
            return found

    def delete(self, name: str) -> None:
        """See `ports.object_store.ObjectStore.delete`."""
        from azure.core.exceptions import ResourceNotFoundError

        with self._errors(name):
            try:
                self._blob(name).delete_blob()
            except ResourceNotFoundError as error:
                if error.error_code != "BlobNotFound":  # type: ignore[attr-defined]  # storage sets it
                    raise

    def take(self, name: str, bucket: str) -> None:
        """See `ports.object_store.ObjectStore.take`. Within an account a copy is done when it is answered."""
        from azure.storage.blob import StandardBlobTier

        source = self._service.get_blob_client(bucket, name)
        with self._errors(name):
            wanted = source.get_blob_properties()
            target = self._blob(name)
            if not target.exists():
                target.start_copy_from_url(source.url, standard_blob_tier=StandardBlobTier(self._tier))
            copied = target.get_blob_properties()
        if copied.copy.status not in (None, "success"):
            raise RetryableError(f"{self._doing}: the copy of {name} is {copied.copy.status}")
        if copied.size != wanted.size or copied.content_settings.content_md5 != wanted.content_settings.content_md5:
            raise FinalError(f"{name} is there with another content", 409)

    def restore(self, name: str) -> str:
        """See `ports.object_store.ObjectStore.restore`."""
        from azure.storage.blob import RehydratePriority, StandardBlobTier

        with self._errors(name):
            blob = self._blob(name)
            found = blob.get_blob_properties()
            if str(found.blob_tier) != ARCHIVE_TIER:
                return self._clock.now()
            if not found.archive_status:
                blob.set_standard_blob_tier(StandardBlobTier.HOT, rehydrate_priority=RehydratePriority.STANDARD)
            if str(blob.get_blob_properties().blob_tier) != ARCHIVE_TIER:
                return self._clock.now()
        return from_datetime(to_datetime(self._clock.now()) + timedelta(hours=RESTORE_HOURS))

    def _blob(self, name: str) -> "BlobClient":
        return self._container.get_blob_client(name)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        from azure.core.exceptions import HttpResponseError

        with domain_errors(self._doing):
            try:
                yield
            except HttpResponseError as error:
                match getattr(error, "error_code", None):
                    case "BlobNotFound" | "CannotVerifyCopySource":
                        raise FinalError(f"there is no object {name}", 404) from error
                    case "Md5Mismatch":
                        raise RetryableError(f"{self._doing}: {name} was damaged on the way") from error
                    case "BlobArchived":
                        raise ArchivedError(name) from error
                raise
