"""Cold store and archive in Cloud Storage: a bucket each, whose objects get its class. Owns the calls and answers.

``ifGenerationMatch=0`` makes a creation happen once (412 where the object is there), ``md5Hash`` is verified. Objects
of the class ARCHIVE are read at once. (cloud.google.com storage/docs, json_api/v1/objects.)
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.object_store import StoredObject

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Client

COLD_CLASS, ARCHIVE_CLASS, READABLE_CLASS = "COLDLINE", "ARCHIVE", "STANDARD"
TIMEOUT = 10.0


class GcsObjectStore:
    """An `ObjectStore` in a bucket. `storage_class` is what its objects are written with."""

    def __init__(self, client: "Client", bucket: str, storage_class: str, clock: Clock) -> None:
        self._client, self._bucket = client, client.bucket(bucket)
        self._class, self._clock = storage_class, clock
        self._doing = f"object store {bucket}"

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        """See `ports.object_store.ObjectStore.create`."""
        from google.api_core.exceptions import PreconditionFailed

        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        blob = self._blob(name)
        blob.storage_class, blob.md5_hash = READABLE_CLASS if readable else self._class, md5
        with self._errors(name):
            try:
                blob.upload_from_string(
                    body,
                    content_type="application/gzip",
                    if_generation_match=0,
                    timeout=TIMEOUT,
                    retry=patient(PATIENCE),
                )
            except PreconditionFailed:
                self._refuse_another(name, md5)

    def read(self, name: str) -> bytes:
        """See `ports.object_store.ObjectStore.read`. Whatever its class: only the price differs."""
        with self._errors(name):
            body: bytes = self._blob(name).download_as_bytes(timeout=TIMEOUT, retry=patient(PATIENCE))
            return body

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        """See `ports.object_store.ObjectStore.objects`. The service starts at a name, which is left out here."""
        with self._errors(prefix):
            listed = self._client.list_blobs(
                self._bucket,
                prefix=prefix,
                start_offset=after or None,
                max_results=limit + 1,
                timeout=TIMEOUT,
                retry=patient(PATIENCE),
            )
            found = (StoredObject(blob.name, blob.size) for blob in listed if blob.name > after)
            return list(islice(found, limit))

    def delete(self, name: str) -> None:
        """See `ports.object_store.ObjectStore.delete`."""
        from google.api_core.exceptions import NotFound

        with self._errors(name):
            try:
                self._blob(name).delete(timeout=TIMEOUT, retry=patient(PATIENCE))
            except NotFound as error:
                if "bucket" in error.message.lower():
                    raise

    def take(self, name: str, bucket: str) -> None:
        """See `ports.object_store.ObjectStore.take`. A large copy takes several calls."""
        from google.api_core.exceptions import PreconditionFailed

        with self._errors(name):
            source = self._client.bucket(bucket).blob(name)
            source.reload(timeout=TIMEOUT, retry=patient(PATIENCE))
            target = self._blob(name)
            target.storage_class = self._class
            try:
                token, _, _ = target.rewrite(source, if_generation_match=0, timeout=TIMEOUT)
                while token is not None:
                    token, _, _ = target.rewrite(source, token=token, if_generation_match=0, timeout=TIMEOUT)
            except PreconditionFailed:
                self._refuse_another(name, source.md5_hash)

    def restore(self, name: str) -> str:
        """See `ports.object_store.ObjectStore.restore`."""
        with self._errors(name):
            self._blob(name).reload(timeout=TIMEOUT, retry=patient(PATIENCE))
        return self._clock.now()

    def _refuse_another(self, name: str, md5: str | None) -> None:
        found = self._blob(name)
        found.reload(timeout=TIMEOUT, retry=patient(PATIENCE))
        if found.md5_hash != md5:
            raise FinalError(f"{name} is there with another content", 409)

    def _blob(self, name: str) -> "Blob":
        return self._bucket.blob(name)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        from google.api_core.exceptions import NotFound

        with domain_errors(self._doing):
            try:
                yield
            except OSError as error:  # as requests says reset, timed out and cut off, which this client lets through
                raise RetryableError(f"{self._doing}: no answer from Google Cloud ({type(error).__name__})") from error
            except NotFound as error:
                if "bucket" in error.message.lower():
                    raise
                raise FinalError(f"there is no object {name}", 404) from error
