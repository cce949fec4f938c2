"""The MQTT side of L1: authentication, authorisation and acknowledgement. Independent of functions.

Of our own, because a broker acknowledges what it has in memory; here PUBACK means that the message is on disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from twin2multicloud.emulator.mqtt import packets
from twin2multicloud.emulator.mqtt.packets import MalformedPacketError
from twin2multicloud.ports.device_authenticator import DeviceAuthenticator

_UNACKNOWLEDGED = 5_000  # publishes of one connection in flight before it is not read from any more
_BAD_CREDENTIALS = {4: 4, 5: 0x86}
_NOT_AUTHORIZED = 0x87


class Published(msgspec.Struct, frozen=True):
    """One device's publish: the device of the topic, and the bytes."""

    device_id: str
    payload: bytes


Accept = Callable[[Sequence[Published], Callable[[Exception | None], None]], None]
"""Accepts publishes; calls back on the event loop once they are durable, or with the error."""


class MqttConnection(asyncio.Protocol):
    """One client."""

    def __init__(self, authenticator: DeviceAuthenticator, accept: Accept, on_rejected: Callable[[], None]) -> None:
        self._authenticator, self._accept, self._on_rejected = authenticator, accept, on_rejected
        self._packets = packets.Packets()
        self._transport: asyncio.Transport | None = None
        self._version = 4
        self._username: str | None = None
        self._password: str | None = None
        self._keepalive = 0.0
        self._last_heard = 0.0
        self._in_flight = 0
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """See asyncio.Protocol."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Handle every complete packet; publishes that arrive together are one batch."""
        publishes: list[packets.Publish] = []
        try:
            for kind, flags, body in self._packets.feed(data):
                if kind == packets.PUBLISH and self._username is not None:
                    publishes.append(packets.read_publish(flags, body, self._version))
                else:
                    self._handle(kind, body)
        except MalformedPacketError:
            self._close()
        if publishes:
            self._take(publishes)
        if self._keepalive:
            self._last_heard = asyncio.get_running_loop().time()

    def _handle(self, kind: int, body: bytes) -> None:
        if kind == packets.CONNECT and self._username is None:
            self._connect(packets.read_connect(body))
        elif self._username is None:
            raise MalformedPacketError("the first packet must be CONNECT")
        elif kind == packets.PINGREQ:
            self._write(packets.packet(packets.PINGRESP, b""))
        elif kind == packets.SUBSCRIBE:
            # Commands to devices are not delivered yet: a refusal that the client sees, not a promise.
            packet_id, topics = packets.read_topics(body, self._version, with_options=True)
            self._write(packets.suback(packet_id, self._version, b"\x80" * len(topics)))
        elif kind == packets.UNSUBSCRIBE:
            packet_id, topics = packets.read_topics(body, self._version, with_options=False)
            codes = b"\x11" * len(topics) if self._version == 5 else b""
            self._write(packets.suback(packet_id, self._version, codes, packets.UNSUBACK))
        else:
            self._close()  # DISCONNECT, or an unsupported packet

    def _connect(self, hello: packets.Connect) -> None:
        self._version = hello.version
        if not self._authenticator.knows(hello.username, hello.password):
            self._on_rejected()
            self._write(packets.connack(hello.version, _BAD_CREDENTIALS[hello.version]))
            self._close()
            return
        self._username, self._password = hello.username, hello.password
        self._write(packets.connack(hello.version, 0))
        if hello.keepalive:
            self._keepalive = 1.5 * hello.keepalive
            self._last_heard = asyncio.get_running_loop().time()
            self._watch()

    def _watch(self) -> None:
        """Close a connection that has been silent for one and a half keep-alives (MQTT 3.1.2.10)."""
        if self._transport is None:
            return
        loop = asyncio.get_running_loop()
        left = self._last_heard + self._keepalive - loop.time()
        if left <= 0:
            self._close()
        else:
            loop.call_later(left + 0.05, self._watch)

    def _take(self, publishes: list[packets.Publish]) -> None:
        assert self._username is not None  # noqa: S101 - data_received saw to it
        if not self._authenticator.knows(self._username, self._password):  # removed or renewed since it connected
            self._on_rejected()
            self._close()
            return
        allowed: list[Published] = []
        to_acknowledge: list[int] = []
        for each in publishes:
            device = self._authenticator.device_of(self._username, each.topic)
            if device is None or each.qos == 2:
                self._reject(each)
                continue
            allowed.append(Published(device, each.payload))
            if each.qos:
                to_acknowledge.append(each.packet_id)
        if allowed:
            self._hand_over(allowed, to_acknowledge)

    def _hand_over(self, allowed: list[Published], to_acknowledge: list[int]) -> None:
        self._in_flight += len(allowed)
        if self._in_flight > _UNACKNOWLEDGED and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

        def when_durable(error: Exception | None) -> None:
            self._in_flight -= len(allowed)
            if error is not None:
                self._close()  # not acknowledged: the client connects again and sends it again
                return
            self._write(b"".join(map(packets.puback, to_acknowledge)))
            if self._paused and self._in_flight <= _UNACKNOWLEDGED and self._transport is not None:
                self._paused = False
                self._transport.resume_reading()

        self._accept(allowed, when_durable)

    def _reject(self, publish: packets.Publish) -> None:
        """As AWS IoT Core does: a foreign topic closes a 3.1.1 connection; 5 carries a reason."""
        self._on_rejected()
        if self._version == 5 and publish.qos == 1:
            self._write(packets.puback(publish.packet_id, 5, _NOT_AUTHORIZED))
        else:
            self._close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
