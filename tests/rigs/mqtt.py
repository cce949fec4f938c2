"""An MQTT endpoint without a socket: connections on transports that keep what is written, and raw clients."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from twin2multicloud.emulator.mqtt import packets
from twin2multicloud.emulator.mqtt.endpoint import MqttConnection
from twin2multicloud.emulator.mqtt.service import DeviceService, Published

V3, V5 = 4, 5  # MQTT 3.1.1 and 5, as CONNECT says them
LIMIT = 1_000
ADDRESS = "10.0.0.7"
Done = Callable[[Exception | None], None]


class RigAuthenticator:
    """Knows users by their password, which is their name twice; everybody's topic is ``t/<user>``."""

    def knows(self, username: str | None, password: str | None) -> bool:
        return username is not None and password == username * 2

    def device_of(self, username: str, topic: str) -> str | None:
        return username if topic == f"t/{username}" else None


class RigEndpoint:
    """A `DeviceService` whose publishes are durable when `settle` says so."""

    def __init__(self, **options: Any) -> None:
        self.taken: list[Published] = []
        self.waiting: list[Done] = []
        self.rejections: list[dict[str, Any]] = []
        self.holds_back = False
        self.service = DeviceService(
            authenticator=RigAuthenticator(),
            accept=self._accept,
            rejected=lambda **about: self.rejections.append(about),
            refusal=lambda published: "no JSON" if published.payload == b"hello" else None,
            max_publish_bytes=LIMIT,
            **options,
        )

    def _accept(self, publishes: Sequence[Published], done: Done) -> bool:
        self.taken += publishes
        self.waiting.append(done)
        return not self.holds_back

    def settle(self, error: Exception | None = None) -> None:
        waiting, self.waiting = self.waiting, []
        for done in waiting:
            done(error)

    def reasons(self) -> list[str]:
        return [each["reason"] for each in self.rejections]

    def client(self, user: str = "d1", client_id: str | None = None, version: int = 4, **options: Any) -> "RigClient":
        """A client that is signed in."""
        client = RigClient(self)
        client.send(connect(user if client_id is None else client_id, user, version=version, **options))
        ((kind, body),) = client.answers()
        assert (kind, body[1]) == (packets.CONNACK, 0), body
        return client


class RigTransport(asyncio.Transport):
    """Keeps what is written and done to it. A close is at once."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 50_000)})
        self.written = bytearray()
        self.closed = self.paused = self.half_closed = False
        self.on_close: Callable[[], None] = lambda: None

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.on_close()

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.half_closed = True


class RigClient:
    """A raw client on a connection of its own."""

    def __init__(self, endpoint: RigEndpoint, address: str = ADDRESS) -> None:
        self.transport = RigTransport(address)
        self.connection = MqttConnection(endpoint.service)
        self.transport.on_close = lambda: self.connection.connection_lost(None)
        self.connection.connection_made(self.transport)

    @property
    def ended(self) -> bool:
        """Whether the endpoint has ended the connection."""
        return self.transport.closed or self.transport.half_closed

    def send(self, data: bytes) -> None:
        self.connection.data_received(data)

    def answers(self) -> list[tuple[int, bytes]]:
        """The packets since the last call, as type and body."""
        written, self.transport.written = bytes(self.transport.written), bytearray()
        return [(kind, body) for kind, _, body in packets.Packets(1 << 20).feed(written)]


def text(said: str) -> bytes:
    return len(said.encode()).to_bytes(2, "big") + said.encode()


def connect(
    client_id: str,
    user: str = "d1",
    password: str | None = None,
    *,
    version: int = 4,
    clean: bool = True,
    flags: int = 0,
    will: bytes = b"",
    properties: bytes = b"",
    keepalive: int = 0,
) -> bytes:
    """A CONNECT of 3.1.1 or 5; `flags` are the will's."""
    after = bytes((len(properties),)) + properties if version == 5 else b""
    head = text("MQTT") + bytes((version, 0xC0 | (2 if clean else 0) | flags)) + keepalive.to_bytes(2, "big") + after
    signed = text(user) + text(user * 2 if password is None else password)
    return packets.packet(packets.CONNECT, head + text(client_id) + will + signed)


def publish(
    payload: bytes, packet_id: int = 1, *, topic: str = "t/d1", version: int = 4, qos: int = 1, flags: int = 0
) -> bytes:
    """A PUBLISH; `flags` are 8 for DUP and 1 for RETAIN."""
    body = text(topic) + (packet_id.to_bytes(2, "big") if qos else b"") + (b"\0" if version == 5 else b"") + payload
    made = packets.packet(packets.PUBLISH, body)
    return bytes((made[0] | qos << 1 | flags,)) + made[1:]
