"""Cloud Run services that check nobody: over answers as documented."""

from types import SimpleNamespace

import pytest

from tests.rigs.vendor_processes import need_package
from twin2multicloud.clouds.gcp.service_opener import CloudRunOpener
from twin2multicloud.domain.errors import ConfigurationError

NAMES = {
    "ingestion": "projects/p/locations/r/services/house-ingestion",
    "hot-writer": "projects/p/locations/r/services/w",
}


class CloudRun:
    """Cloud Run's services behind google-auth's session."""

    def __init__(self, status=200):
        self.status, self.services = status, {name: {} for name in NAMES.values()}

    def request(self, method, url, json=None, timeout=None):
        name, _, query = url.removeprefix("https://run.googleapis.com/v2/").partition("?")
        if method == "PATCH":
            assert query == "updateMask=invokerIamDisabled"
            self.services[name].update(json)
        said = self.services[name] if self.status == 200 else {"error": {"message": "denied"}}
        return SimpleNamespace(status_code=self.status, content=b"{}", json=lambda: said)


def test_a_service_is_opened_and_seen_to_be():
    need_package("google.auth")
    opener = CloudRunOpener(CloudRun(), NAMES)
    assert opener.closed() == ["ingestion", "hot-writer"]
    opener.open("ingestion")
    assert opener.closed() == ["hot-writer"]


def test_who_may_not_is_told():
    need_package("google.auth")
    with pytest.raises(ConfigurationError, match="answered 403: denied"):
        CloudRunOpener(CloudRun(403), NAMES).open("ingestion")
