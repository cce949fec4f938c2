"""One publish as a device would make it: with a client certificate, a password, and over HTTPS."""

import base64
import hashlib
import hmac
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
import trustme

from tests.rigs.clouds import AWS, AZURE, GCP
from twin2multicloud.clouds.azure.device_connection import device_key
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.fleet.publish_once import publish_once
from twin2multicloud.ports.device_connection import Connection, DeviceKey

BODY = b'{"mark": "m"}'


class Broker:
    """Speaks as much MQTT as one publish needs, to who shows a certificate of its authority."""

    def __init__(self, listening: socket.socket, context: ssl.SSLContext, accepts: bool) -> None:
        self._listening, self._context, self._accepts = listening, context, accepts
        self.client: Any = None
        self.published = b""

    def serve(self) -> None:
        try:
            plain, _ = self._listening.accept()
            with self._context.wrap_socket(plain, server_side=True) as session:
                self.client = session.getpeercert()
                self._packet(session)
                session.sendall(bytes([0x20, 2, 0, 0 if self._accepts else 5]))
                while self._accepts and (packet := self._packet(session))[0] >> 4 == 3:
                    topic = int.from_bytes(packet[2:4], "big")
                    self.published = packet[2:]
                    session.sendall(bytes([0x40, 2, *packet[4 + topic : 6 + topic]]))
        except (OSError, IndexError):
            pass  # the other side has gone

    @staticmethod
    def _packet(session: ssl.SSLSocket) -> bytes:
        head = session.recv(2)
        body = b""
        while len(head) == 2 and len(body) < head[1]:  # packets here are shorter than 128 bytes
            body += session.recv(head[1] - len(body))
        return head + body


@contextmanager
def broker(authority: trustme.CA, *, accepts: bool = True) -> Iterator[tuple[Broker, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("localhost", 0)) as listening:
        found = Broker(listening, context, accepts)
        thread = threading.Thread(target=found.serve, daemon=True)
        thread.start()
        yield found, listening.getsockname()[1]
    thread.join(5)


def connection(port: int, **more: Any) -> Connection:
    told = {"cloud": AWS, "protocol": "mqtts", "client_id": "d1", "topic": "dt/house/d1/telemetry"}
    return Connection(device_id="d1", host="localhost", port=port, sign_in="as told", **{**told, **more})


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "trust.pem")
    return str(tmp_path / "trust.pem")


def certified(authority: trustme.CA) -> DeviceKey:
    made = authority.issue_cert("d1.device")
    chain = b"".join(each.bytes() for each in made.cert_chain_pems)
    return DeviceKey(certificate=chain.decode(), private_key=made.private_key_pem.bytes().decode())


def test_a_device_shows_its_certificate(authority: trustme.CA, trust: str) -> None:
    with broker(authority) as (found, port):
        publish_once(connection(port), certified(authority), BODY, trust=trust)
    assert ("DNS", "d1.device") in found.client["subjectAltName"]
    assert b"dt/house/d1/telemetry" in found.published
    assert found.published.endswith(BODY)


def test_what_is_refused_is_said(authority: trustme.CA, trust: str) -> None:
    with broker(authority, accepts=False) as (_, port), pytest.raises(RetryableError, match="refused the connection"):
        publish_once(connection(port), certified(authority), BODY, trust=trust)
    with pytest.raises(RetryableError, match=r"no device endpoint answers at localhost:\d+"):
        publish_once(connection(port), certified(authority), BODY, trust=trust)


class Gateway(http.server.BaseHTTPRequestHandler):
    """A device gateway that knows one password."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        known = self.headers["authorization"] == "Basic " + base64.b64encode(b"d1:a-key").decode()
        self.taken.append((self.path, body))
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"{}" if known else b"who is it?")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_https_publish_signs_in_with_the_key() -> None:
    with http.server.HTTPServer(("localhost", 0), Gateway) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_port
        url = f"http://localhost:{port}/topics/dt/house/d1/telemetry"
        where = connection(port, cloud=GCP, protocol="http", user_name="d1", url=url)
        publish_once(where, DeviceKey(password="a-key"), BODY)
        with pytest.raises(RetryableError, match="answered 401: who is it"):
            publish_once(where, DeviceKey(password="another"), BODY)
        server.shutdown()
        thread.join(5)
    assert Gateway.taken == [("/topics/dt/house/d1/telemetry", BODY)] * 2


def test_an_iot_hub_is_shown_a_token_that_its_device_signed() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    where = connection(8883, cloud=AZURE, user_name="hub/d1")
    password = device_key(where, {"symmetric.key": key}, 1_700_000_000.5).password
    resource, ends = "localhost%2Fdevices%2Fd1", 1_700_003_600
    signature = base64.b64encode(hmac.new(b"k" * 32, f"{resource}\n{ends}".encode(), hashlib.sha256).digest())
    assert password == f"SharedAccessSignature sr={resource}&sig={quote(signature, safe='')}&se={ends}"
    assert password not in repr(DeviceKey(password=password))
