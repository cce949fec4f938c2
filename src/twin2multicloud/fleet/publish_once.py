"""One message of one device, by its connection's settings: over MQTT or by HTTPS publish. Generates no values.

What a device in the field would do with the files of its registration, so that it proves them. Makes no second attempt.
"""

import base64
import ssl
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.device_connection import Connection, DeviceKey
from twin2multicloud.wire.http_transport import HttpTransport

_SECONDS = 20.0


def publish_once(
    connection: Connection, key: DeviceKey, body: bytes, *, trust: str | None = None, seconds: float = _SECONDS
) -> None:
    """Publish, and return when it is acknowledged: over HTTPS where devices have no MQTT.

    `trust` is the PEM file that the server is checked against; None: the system's. Raises RetryableError with what the
    other side said, or that it said nothing in so many `seconds`.
    """
    if connection.protocol in ("http", "https"):
        _post(connection, key, body, trust, seconds)
        return
    tls = _tls(key, trust) if connection.protocol == "mqtts" else None
    _Publish(connection, key, tls).run(body, seconds)


def _tls(key: DeviceKey, trust: str | None) -> ssl.SSLContext:
    """A context with the device's certificate, where it signs in with one. OpenSSL reads it from files only."""
    context = ssl.create_default_context(cafile=trust)
    if key.certificate:
        with tempfile.TemporaryDirectory(prefix="t2mc-") as folder:  # its owner's only
            pem = Path(folder) / "device.pem"
            pem.write_text(f"{key.certificate}\n{key.private_key}\n", encoding="ascii")
            context.load_cert_chain(pem)
    return context


def _post(connection: Connection, key: DeviceKey, body: bytes, trust: str | None, seconds: float) -> None:
    signed = base64.b64encode(f"{connection.user_name}:{key.password}".encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {signed}"}
    transport = HttpTransport(ssl.create_default_context(cafile=trust) if trust is not None else None)
    try:
        reply = transport.post(connection.url, headers, body, seconds)
    finally:
        transport.close()
    if not 200 <= reply.status < 300:
        said = reply.body[:200].decode(errors="replace").strip()
        raise RetryableError(f"{urlsplit(connection.url).netloc} answered {reply.status}: {said}")


class _Publish:
    """An MQTT session for one publish (QoS 1): connected, published, acknowledged."""

    def __init__(self, connection: Connection, key: DeviceKey, tls: ssl.SSLContext | None) -> None:
        self._connection = connection
        self._changed = threading.Condition()
        self._refusal: str | None = None
        self._connected = self._acknowledged = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=connection.client_id, protocol=MQTTProtocolVersion.MQTTv311
        )
        if connection.user_name:
            client.username_pw_set(connection.user_name, key.password)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect, client.on_publish = self._on_connect, self._on_publish
        self._client = client

    def run(self, body: bytes, seconds: float) -> None:
        where = f"{self._connection.host}:{self._connection.port}"
        try:
            self._client.connect(self._connection.host, self._connection.port, keepalive=60)
        except OSError as error:  # TLS's own errors are such
            raise RetryableError(f"no device endpoint answers at {where}: {error}") from error
        self._client.loop_start()
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._connected or self._refusal is not None, timeout=seconds)
                if not self._connected:
                    raise RetryableError(f"{where} refused the connection: {self._refusal or 'no answer'}")
                self._client.publish(self._connection.topic, body, qos=1)
                if not self._changed.wait_for(lambda: self._acknowledged, timeout=seconds):
                    raise RetryableError(f"{where} did not acknowledge the publish in {seconds:g} s")
            self._client.disconnect()
        finally:
            self._client.loop_stop()
            self._client.on_connect = self._client.on_publish = None  # paho's sockets go with the client

    def _on_connect(self, client: object, data: object, flags: object, code: ReasonCode, properties: object) -> None:  # noqa: ARG002 - paho's
        with self._changed:
            self._connected, self._refusal = not code.is_failure, str(code) if code.is_failure else None
            self._changed.notify_all()

    def _on_publish(self, *_: object) -> None:
        with self._changed:
            self._acknowledged = True
            self._changed.notify_all()
