"""Opening Cloud Run services by switching their invoker check off. Ships in no bundle.

``projects.locations.services`` with the field ``invokerIamDisabled`` (cloud.google.com run/docs/authenticating/public,
run/docs/reference/rest/v2/projects.locations.services). Takes ``run.services.update`` and ``….setIamPolicy``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.clouds.gcp.cloud_account import Session, asked, operators_session

_RUN = "https://run.googleapis.com/v2"


class CloudRunOpener:
    """A `ServiceOpener`. `services` gives the full name of each function's service."""

    def __init__(self, session: Session, services: Mapping[str, str]) -> None:
        self._session, self._services = session, services

    def closed(self) -> Sequence[str]:
        """See `ServiceOpener.closed`."""
        return [each for each, name in self._services.items() if not self._about(name).get("invokerIamDisabled")]

    def open(self, function: str) -> None:
        """See `ServiceOpener.open`."""
        url = f"{_RUN}/{self._services[function]}?updateMask=invokerIamDisabled"
        asked(self._session, "PATCH", url, {"invokerIamDisabled": True})

    def _about(self, name: str) -> dict[str, Any]:
        return asked(self._session, "GET", f"{_RUN}/{name}")


def open_opener(outputs: Mapping[str, Any]) -> CloudRunOpener:
    """The endpoints of a deployed twin, by its output ``gcp_open_services``. Raises ConfigurationError."""
    return CloudRunOpener(operators_session("opening endpoints on Google Cloud needs"), outputs["gcp_open_services"])
