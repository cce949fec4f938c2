"""Azure Digital Twins under azure-core: the emulator's own instance where the transport would open a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.credentials import AccessToken
from requests import PreparedRequest

from tests.rigs.twin_graph import TwinGraphRig, served_instance
from tests.rigs.vendor_azure_transport import Answer, ServedAdapter
from twin2multicloud.clouds.azure.invocation import connect
from twin2multicloud.clouds.azure.twin_graph import AUDIENCE, DigitalTwins
from twin2multicloud.emulator.l4 import digital_twins
from twin2multicloud.wire.http import Request

URL = "https://house.api.weu.digitaltwins.azure.net"


class Credential:
    """Gives the token of the rig, for the service's audience."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == (f"{AUDIENCE}/.default",), scopes
        return AccessToken("a-token-of-the-rig", 4_000_000_000)


class InstanceAdapter(ServedAdapter):
    """Passes requests on to an emulated instance, and counts what it was asked."""

    def __init__(self, instance: digital_twins.DigitalTwins) -> None:
        super().__init__()
        self.instance = instance
        self.asked: list[str] = []

    def answered(self, request: PreparedRequest) -> Answer:
        url = urlsplit(request.url or "")
        assert request.headers["Authorization"] == "Bearer a-token-of-the-rig"
        self.asked.append(f"{request.method} {url.path}")
        body = request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        content = body if isinstance(body, bytes) else str(body).encode()
        answer = self.instance.answer(Request(str(request.method), unquote(url.path), headers, content, url.query))
        return answer.status, answer.headers, answer.body


def client(adapter: InstanceAdapter) -> Any:
    """azure-core's pipeline to it."""
    credential: Any = Credential()
    return connect(URL, AUDIENCE, credential, adapter.transport())


@contextmanager
def digital_twins_graph(folder: Path) -> Iterator[TwinGraphRig]:
    """The adapter that functions have on Azure."""
    with served_instance(folder) as instance:
        yield TwinGraphRig(DigitalTwins(client(InstanceAdapter(instance))))
