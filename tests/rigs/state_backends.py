"""Where an engine can keep its state, over vendors' emulators: an empty bucket of each kind, and the way to it.

Owns what leads Terraform there. The azurerm backend knows hosts only, and TLS only: so the request for
``<account>.blob.core.windows.net`` goes through a proxy that tunnels to azurite, with a certificate of our own.
"""

import base64
import hashlib
import hmac
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from email.utils import formatdate
from http.client import HTTPSConnection
from pathlib import Path
from socket import SHUT_WR, create_connection, socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.request import Request, urlopen

import msgspec
import pytest

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.vendor_processes import AZURITE_ACCOUNT, AZURITE_KEY, HOST
from twin2multicloud.terraform.render.render import Backend

BUCKET = "twin-state"
_AZURE_HOST = f"{AZURITE_ACCOUNT}.blob.core.windows.net"


class StateBackend(msgspec.Struct, frozen=True):
    """What a configuration says of its state, and what leads the engine to an emulator."""

    backend: Backend
    env: Mapping[str, str]


@contextmanager
def s3(_: Path) -> Iterator[StateBackend]:
    """Against moto."""
    storage, name = vendor_clients.aws("s3"), vendor_clients.unique(BUCKET)
    storage.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": vendor_clients.REGION})
    settings = {"bucket": name, "key": "house", "region": vendor_clients.REGION, "use_path_style": "true"}
    settings |= dict.fromkeys(("skip_credentials_validation", "skip_requesting_account_id"), "true")
    keys = {"AWS_ACCESS_KEY_ID": "rig", "AWS_SECRET_ACCESS_KEY": "rig"}
    yield StateBackend(Backend("s3", settings), {"AWS_ENDPOINT_URL_S3": vendor_processes.moto_url(), **keys})


@contextmanager
def gcs(_: Path) -> Iterator[StateBackend]:
    """Against gcp-storage-emulator, which lets two take one lock. Variables: Terraform's manual, backend "gcs"."""
    url, name = vendor_processes.google_storage_url(), vendor_clients.unique(BUCKET)
    body = msgspec.json.encode({"name": name})
    with urlopen(Request(f"{url}/storage/v1/b?project=rig", body, {"content-type": "application/json"})):
        env = {"GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT": f"{url}/storage/v1/", "GOOGLE_OAUTH_ACCESS_TOKEN": "a-token"}
        yield StateBackend(Backend("gcs", {"bucket": name, "prefix": "house"}), env)


@contextmanager
def azurerm(folder: Path) -> Iterator[StateBackend]:
    """Against azurite. Variables: Terraform's manual, backend "azurerm"; Go's net/http and crypto/x509."""
    if sys.platform != "linux":
        pytest.skip("Go reads SSL_CERT_FILE on Linux only: nowhere else does it believe azurite")
    authority = _certificates(folder)
    port = vendor_processes.azurite_blob_port(folder / "cert.pem", folder / "key.pem")
    _create_container(port, authority)
    with _tunnel_to(port) as proxy:
        settings = {"storage_account_name": AZURITE_ACCOUNT, "container_name": BUCKET, "key": "house"}
        env = {"ARM_ACCESS_KEY": AZURITE_KEY, "HTTPS_PROXY": proxy, "SSL_CERT_FILE": str(authority)}
        yield StateBackend(Backend("azurerm", settings), env)


def _certificates(folder: Path) -> Path:
    """Writes ``cert.pem`` and ``key.pem`` for Azure's host; the file of the authority that signed them."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued = authority.issue_cert(_AZURE_HOST)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return folder / "authority.pem"


def _create_container(port: int, authority: Path) -> None:
    """Signed by hand, for want of the blob SDK: learn.microsoft.com, "Authorize with Shared Key"."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    about = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = "PUT" + "\n" * 12 + about + f"/{AZURITE_ACCOUNT}/{BUCKET}\nrestype:container"
    digest = hmac.digest(base64.b64decode(AZURITE_KEY), text.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {AZURITE_ACCOUNT}:{base64.b64encode(digest).decode()}"
    trust = ssl.create_default_context(cafile=str(authority))
    trust.check_hostname = False  # it is asked at its address
    connection = HTTPSConnection(HOST, port, context=trust)
    connection.request("PUT", f"/{BUCKET}?restype=container", headers={**headers, "Host": _AZURE_HOST})
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


class _Connect(StreamRequestHandler):
    """A proxy's CONNECT, to one place whatever it is for."""

    server: "_Tunnel"

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        with create_connection((HOST, self.server.target)) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(there, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join()


def _pass_on(source: socket, sink: socket) -> None:
    with suppress(OSError):  # the other side has hung up
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(SHUT_WR)


class _Tunnel(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__((HOST, 0), _Connect)
        self.target = target


@contextmanager
def _tunnel_to(port: int) -> Iterator[str]:
    with _Tunnel(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://{HOST}:{server.server_address[1]}"
        server.shutdown()
        thread.join()


STATE_BACKENDS: dict[str, Callable[[Path], AbstractContextManager[StateBackend]]] = {
    "s3": s3,
    "gcs": gcs,
    "azurerm": azurerm,
}
