"""Code of Cloud Run functions, without Terraform: an object in the twin's bucket, and a function that is built from it.

The object's name ends with the archive's SHA-256, as Terraform names it, so what a function runs is read off its source
(cloud.google.com functions/docs/reference/rest/v2/projects.locations.functions: get, patch; operations: get;
storage/docs/json_api/v1/objects/insert). Ships in no bundle. The next deployment names the same object.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from twin2multicloud.clouds.gcp.cloud_account import Session, asked, operators_session
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.ports.clock import Clock

_FUNCTIONS = "https://cloudfunctions.googleapis.com/v2"
_UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b"
_EVERY_SECONDS, _PATIENCE_SECONDS, _UPLOAD_SECONDS = 5.0, 900.0, 300
_DIGEST = re.compile(r"-([0-9a-f]{64})\.zip$")


class FunctionCodePublisher:
    """A `CodePublisher`. `names` gives the full name of each function, `bucket` is where archives are."""

    def __init__(self, session: Session, names: Mapping[str, str], bucket: str, clock: Clock) -> None:
        self._session, self._names, self._bucket, self._clock = session, names, bucket, clock

    def published(self) -> Mapping[str, str]:
        """See `CodePublisher.published`."""
        found = {}
        for function, name in self._names.items():
            about = asked(self._session, "GET", f"{_FUNCTIONS}/{name}")
            source = about.get("buildConfig", {}).get("source", {}).get("storageSource", {}).get("object", "")
            if digest := _DIGEST.search(source):
                found[function] = digest[1]
        return found

    def publish(self, function: str, archive: bytes, digest: str) -> None:  # noqa: ARG002 - the name has it whole
        """See `CodePublisher.publish`."""
        name = f"{function}-{hashlib.sha256(archive).hexdigest()}.zip"
        self._upload(function, name, archive)
        source = {"storageSource": {"bucket": self._bucket, "object": name}}
        url = f"{_FUNCTIONS}/{self._names[function]}?updateMask=buildConfig.source"
        operation = asked(self._session, "PATCH", url, {"buildConfig": {"source": source}})
        end = self._clock.monotonic() + _PATIENCE_SECONDS
        while not operation.get("done"):
            if self._clock.monotonic() >= end:
                raise TwinError(f"{function}: its build is not over after {_PATIENCE_SECONDS:.0f} s")
            self._clock.sleep(_EVERY_SECONDS)
            operation = asked(self._session, "GET", f"{_FUNCTIONS}/{operation['name']}")
        if why := operation.get("error", {}).get("message"):
            raise TwinError(f"{function}: Google Cloud took its code and could not build it: {why[:300]}")

    def _upload(self, function: str, name: str, archive: bytes) -> None:
        url = f"{_UPLOAD}/{self._bucket}/o?uploadType=media&name={quote(name, safe='')}"
        headers = {"content-type": "application/zip"}
        try:
            answer = self._session.request("POST", url, data=archive, headers=headers, timeout=_UPLOAD_SECONDS)
        except OSError as error:  # those of requests
            raise RetryableError(f"{function}: uploading its code: no answer ({type(error).__name__})") from error
        if answer.status_code != 200:
            raise TwinError(f"{function}: uploading its code: Google Cloud answered {answer.status_code}")


def open_publisher(outputs: Mapping[str, Any]) -> FunctionCodePublisher:
    """The functions of a deployed twin, by its outputs ``gcp_functions`` (full names by function) and ``gcp_bundles``.

    Takes ``cloudfunctions.functions.update``, ``iam.serviceAccounts.actAs`` and ``storage.objects.create``. Raises
    ConfigurationError where google-auth is not installed.
    """
    session = operators_session("publishing code to Google Cloud needs")
    return FunctionCodePublisher(session, outputs["gcp_functions"], outputs["gcp_bundles"], SystemClock())
