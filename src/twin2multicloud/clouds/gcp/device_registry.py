"""The devices of a twin on Google Cloud: a document each in a Firestore database of the twin's own. Ships in no bundle.

`t2mc devices` writes them; the device gateway reads them (`device_authenticator` owns their form). What
is kept of a key is its fingerprint, so the key itself is returned once, and never stored.
Limits: cloud.google.com/firestore/quotas (10 MiB a request, 500 writes in older clients).
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.device_authenticator import COLLECTION, FINGERPRINT, fingerprint
from twin2multicloud.clouds.gcp.device_connection import KEY as KEY
from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.ports.device_registry import DeviceCredentials
from twin2multicloud.stores.rows import sortable
from twin2multicloud.wire.environment import require_env

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentReference

_KEY_BYTES = 32
_BATCH = 500  # a document has less than 2 KB
_PAGE = 1_000
_TIMEOUT = 30.0
_ID = re.compile(r"[^\x00-\x1f\x7f/\ud800-\udfff]{1,128}")
_ALLOWED = "1 to 128 characters, none of them a control character or /"
"""What a Basic user (RFC 7617) and a level of a topic may be."""

_DATABASE = re.compile(r"projects/([^/]+)/databases/([^/]+)")


class FirestoreDeviceRegistry:
    """A `DeviceRegistry` in one Firestore database, which holds nothing else."""

    def __init__(self, client: "Client", patience: float = PATIENCE) -> None:
        self._client, self._patience = client, patience

    def register(self, device_ids: Iterable[str]) -> Iterator[DeviceCredentials]:
        """See `ports.device_registry.DeviceRegistry`. Written 500 at a time, all of them or none."""
        wanted = list(dict.fromkeys(device_ids))
        for each in wanted:
            if not _ID.fullmatch(each):
                raise FinalError(f"device {each!r} cannot publish on Google Cloud, where an id is {_ALLOWED}")
        return self._register(wanted)

    def registered(self) -> Iterator[str]:
        """See `ports.device_registry.DeviceRegistry`. By pages, each from after the last key of the one before."""
        from google.cloud.firestore import FieldFilter

        last, full = "", True
        while full:
            query = (
                self._client.collection(COLLECTION)
                .where(filter=FieldFilter("sort_key", ">", last))
                .order_by("sort_key")
                .limit(_PAGE)
            )
            with domain_errors("listing devices"):
                answer = query.stream(retry=patient(self._patience), timeout=_TIMEOUT)
                found = [document.to_dict() or {} for document in answer]
            yield from (str(each["device_id"]) for each in found)
            full = len(found) == _PAGE
            last = found[-1]["sort_key"] if found else last

    def remove(self, device_ids: Iterable[str]) -> None:
        """See `ports.device_registry.DeviceRegistry`. The gateway knows of it after `authenticator.KEPT_SECONDS`."""
        for batch in _batches(list(dict.fromkeys(device_ids))):
            writes = self._client.batch()
            for each in batch:
                writes.delete(self._document(each))
            with domain_errors("removing devices"):
                writes.commit(retry=patient(self._patience), timeout=_TIMEOUT)

    def _register(self, wanted: Sequence[str]) -> Iterator[DeviceCredentials]:
        """Keys are given before they count: a failure leaves keys that open nothing, never a device without its key."""
        for batch in _batches(wanted):
            known = self._fingerprints(batch)
            made = {each: secrets.token_urlsafe(_KEY_BYTES) for each in batch if each not in known}
            for device_id, key in made.items():
                yield DeviceCredentials(device_id, {KEY: key})
            if made:
                self._create({device_id: fingerprint(key) for device_id, key in made.items()})

    def _create(self, made: Mapping[str, str]) -> None:
        from google.api_core.exceptions import AlreadyExists

        writes = self._client.batch()
        for device_id, mark in made.items():
            content = {"sort_key": sortable(device_id), "device_id": device_id, FINGERPRINT: mark}
            writes.create(self._document(device_id), content)
        with domain_errors("registering devices"):
            try:
                writes.commit(retry=patient(self._patience), timeout=_TIMEOUT)
            except AlreadyExists as error:  # an unanswered try went through, or another process was faster
                if self._fingerprints(list(made)) != made:
                    raise RetryableError("another process is registering the same devices") from error

    def _fingerprints(self, device_ids: Sequence[str]) -> dict[str, str]:
        """Those of some devices that are registered, by id."""
        references = [self._document(each) for each in device_ids]
        with domain_errors("looking devices up"):
            answer = self._client.get_all(references, retry=patient(self._patience), timeout=_TIMEOUT)
            found = [document.to_dict() for document in answer]
        return {each["device_id"]: each[FINGERPRINT] for each in found if each}

    def _document(self, device_id: str) -> "DocumentReference":
        document: DocumentReference = self._client.collection(COLLECTION).document(sortable(device_id))
        return document


def _batches(device_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (device_ids[start : start + _BATCH] for start in range(0, len(device_ids), _BATCH))


def open_registry(outputs: Mapping[str, str]) -> FirestoreDeviceRegistry:
    """The registry of a deployed twin, by its output ``gcp_device_registry``: a database's full name.

    Signs in with the operator's application default credentials. Raises ConfigurationError where there are none, where
    google-cloud-firestore is not installed, or where the output is missing or no database.
    """
    try:
        from google.cloud.firestore import Client
    except ImportError as error:
        raise ConfigurationError(
            "devices on Google Cloud need google-cloud-firestore: pip install 'twin2multicloud[gcp]'"
        ) from error
    name = require_env(outputs, "gcp_device_registry")
    found = _DATABASE.fullmatch(name)
    if found is None:
        raise ConfigurationError(f"gcp_device_registry must be projects/<project>/databases/<name>, found {name!r}")
    with domain_errors("device registry"):
        return FirestoreDeviceRegistry(Client(project=found[1], database=found[2]))
