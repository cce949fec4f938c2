"""Cold store and archive in S3: one bucket each, whose objects get its storage class. Owns S3's calls and answers.

``If-None-Match: *`` makes a creation happen once (412 where the object is there), ``Content-MD5`` makes S3 verify the
bytes. (docs.aws.amazon.com AmazonS3, API_PutObject, API_CopyObject, API_RestoreObject.)
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.object_store import ArchivedError, StoredObject

COLD_CLASS, ARCHIVE_CLASS, READABLE_CLASS = "STANDARD_IA", "DEEP_ARCHIVE", "STANDARD"
RESTORE_HOURS, RESTORED_DAYS = 12, 7
_ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})


class S3Client(Protocol):
    """What is used of boto3's S3 client."""

    def put_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def get_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def head_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def copy_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def delete_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def list_objects_v2(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types
    def restore_object(self, **arguments: Any) -> Any: ...  # noqa: ANN401, D102 - boto3 has no types


class S3ObjectStore:
    """An `ObjectStore` in a bucket. `storage_class` is what its objects are written with."""

    def __init__(self, client: S3Client, bucket: str, storage_class: str, clock: Clock) -> None:
        self._client, self._bucket, self._class, self._clock = client, bucket, storage_class, clock
        self._doing = f"object store {bucket}"

    def create(self, name: str, body: bytes, *, readable: bool = False) -> None:
        """See `ports.object_store.ObjectStore.create`."""
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        try:
            with self._errors(name):
                self._client.put_object(
                    **self._object(name),
                    Body=body,
                    ContentMD5=base64.b64encode(md5).decode(),
                    StorageClass=READABLE_CLASS if readable else self._class,
                    IfNoneMatch="*",
                )
        except _ExistsError:
            with self._errors(name):
                found = self._client.head_object(**self._object(name))["ETag"].strip('"')
            if found != md5.hex():  # the ETag of an object of one part, which ours are
                raise FinalError(f"{name} is there with another content", 409) from None

    def read(self, name: str) -> bytes:
        """See `ports.object_store.ObjectStore.read`."""
        with self._errors(name):
            body: bytes = self._client.get_object(**self._object(name))["Body"].read()
            return body

    def objects(self, prefix: str, after: str = "", limit: int = 1_000) -> Sequence[StoredObject]:
        """See `ports.object_store.ObjectStore.objects`. S3 lists by UTF-8 bytes, which is the order of code points."""
        with self._errors(prefix):
            answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit)
        return [
            StoredObject(found["Key"], found["Size"], self._is_archived(found)) for found in answer.get("Contents", [])
        ]

    def delete(self, name: str) -> None:
        """See `ports.object_store.ObjectStore.delete`."""
        with self._errors(name):
            self._client.delete_object(**self._object(name))

    def take(self, name: str, bucket: str) -> None:
        """See `ports.object_store.ObjectStore.take`."""
        source = {"Bucket": bucket, "Key": name}
        with self._errors(name):
            found = self._client.copy_object(**self._object(name), CopySource=source, StorageClass=self._class)
            wanted = self._client.head_object(**source)["ETag"]
        if found["CopyObjectResult"]["ETag"] != wanted:
            raise RetryableError(f"{self._doing}: the copy of {name} is not what was copied")

    def restore(self, name: str) -> str:
        """See `ports.object_store.ObjectStore.restore`."""
        with self._errors(name):
            head = self._client.head_object(**self._object(name))
            if head.get("StorageClass") not in _ARCHIVED or _is_restored(head):
                return self._clock.now()
            if "Restore" not in head:
                self._client.restore_object(
                    **self._object(name),
                    RestoreRequest={"Days": RESTORED_DAYS, "GlacierJobParameters": {"Tier": "Standard"}},
                )
        return from_datetime(to_datetime(self._clock.now()) + timedelta(hours=RESTORE_HOURS))

    def _is_archived(self, found: Mapping[str, Any]) -> bool:
        """Whether an object of a list has to be restored: lists do not say everywhere that it was."""
        if found.get("StorageClass") not in _ARCHIVED:
            return False
        with self._errors(found["Key"]):
            return not _is_restored(self._client.head_object(**self._object(found["Key"])))

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": name}

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with domain_errors(self._doing):
            try:
                yield
            except ClientError as error:
                match error.response["Error"].get("Code", ""):
                    case "PreconditionFailed" | "412":
                        raise _ExistsError(name) from error
                    case "NoSuchKey" | "404":
                        raise FinalError(f"there is no object {name}", 404) from error
                    case "InvalidObjectState":
                        raise ArchivedError(name) from error
                    case "BadDigest" | "XAmzContentSHA256Mismatch":
                        raise RetryableError(f"{self._doing}: {name} was damaged on the way") from error
                    case "ConditionalRequestConflict":  # two creations at once
                        raise RetryableError(f"{self._doing}: {name} is being written") from error
                raise


class _ExistsError(FinalError):
    """The object is there."""


def _is_restored(head: Any) -> bool:  # noqa: ANN401 - boto3's answer
    return 'ongoing-request="false"' in head.get("Restore", "")
