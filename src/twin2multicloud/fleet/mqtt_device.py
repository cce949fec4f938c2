"""Devices of this machine: an MQTT client that publishes telemetry and tracks acknowledgements. Generates no values.

paho-mqtt, because devices in the field use it: the endpoint is tested with an independent client.
"""

import secrets
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.errors import RetryableError

_WINDOW = 1_000  # publishes that may wait for their acknowledgement
_encode = msgspec.json.Encoder().encode


class DeviceEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a twin's devices connect. `trust` is the PEM file that its server is checked against; None: no TLS."""

    twin: str
    host: str
    port: int
    trust: str | None = None


class DeviceConnection:
    """One MQTT connection: a device's own, or the gateway's, which may publish for every device of the twin.

    It reconnects by itself, and resends unacknowledged messages (QoS 1).
    """

    def __init__(
        self,
        endpoint: DeviceEndpoint,
        user: str,
        password: str,
        *,
        on_acknowledged: Callable[[int], None] = lambda _: None,
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    ) -> None:
        self._endpoint = endpoint
        self._on_acknowledged = on_acknowledged
        self.published = self.acknowledged = 0
        self._changed = threading.Condition()
        self._refusal: str | None = None
        self._connected = False
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{user}-{secrets.token_hex(4)}", protocol=protocol)
        client.username_pw_set(user, password)
        client.max_inflight_messages_set(_WINDOW)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        if endpoint.trust is not None:
            client.tls_set(ca_certs=endpoint.trust, cert_reqs=ssl.CERT_REQUIRED)
        client.on_connect, client.on_publish = self._on_connect, self._on_publish
        client.on_disconnect = self._on_disconnect
        self._client = client

    def __enter__(self) -> "DeviceConnection":
        """Connect. Raises RetryableError where L1 does not answer or refuses the credentials."""
        host, port = self._endpoint.host, self._endpoint.port
        try:
            self._client.connect(host, port, keepalive=30)
        except OSError as error:
            self._close()
            raise RetryableError(f"no device endpoint answers on port {port}: {error}") from error
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self._refusal is not None, timeout=10)
        if not self._connected:
            self._close()
            raise RetryableError(f"the device endpoint refused the connection: {self._refusal or 'no answer'}")
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._close()

    def publish(self, device_id: str, payload: object) -> int:
        """Publish a reading or a list of them, waiting while too many are unacknowledged. Returns the packet's id."""
        body = payload if isinstance(payload, bytes) else _encode(payload)
        with self._changed:
            self._changed.wait_for(lambda: self.published - self.acknowledged < 2 * _WINDOW)
            self.published += 1
        topic = telemetry_topic(self._endpoint.twin, device_id)
        info = self._client.publish(topic, body, qos=1)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise RetryableError(f"publish failed: {mqtt.error_string(info.rc)}")
        return info.mid

    def wait_for_acknowledgements(self, timeout: float = 60.0) -> bool:
        """Wait until everything published is acknowledged; False where that did not happen in time."""
        deadline = time.monotonic() + timeout
        with self._changed:
            return self._changed.wait_for(
                lambda: self.acknowledged >= self.published, timeout=max(0.0, deadline - time.monotonic())
            )

    def _close(self) -> None:
        """Stop, and let go of each other: paho closes its own pair of sockets only when the client is released."""
        self._client.loop_stop()
        self._client.on_connect = self._client.on_publish = self._client.on_disconnect = None

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, code: ReasonCode, properties: Any) -> None:  # noqa: ANN401,ARG002 - paho's
        with self._changed:
            self._connected, self._refusal = not code.is_failure, str(code) if code.is_failure else None
            self._changed.notify_all()

    def _on_disconnect(self, *_: object) -> None:
        with self._changed:
            self._connected = False
            self._changed.notify_all()

    def _on_publish(self, client: mqtt.Client, data: Any, mid: int, code: ReasonCode, properties: Any) -> None:  # noqa: ANN401,ARG002 - paho's
        self._on_acknowledged(mid)
        with self._changed:
            self.acknowledged += 1
            self._changed.notify_all()
