"""MQTT 3.1.1 and 5 packets, as far as a device service supports them: bytes <-> values, no I/O (OASIS MQTT, 3)."""

from collections.abc import Iterator

import msgspec

MAX_PACKET_BYTES = 256 * 1024  # AWS IoT Core takes 128 KB, IoT Hub 256 KB
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 1, 2, 3, 4, 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


class MalformedPacketError(Exception):
    """Invalid or unsupported packet; the connection is closed."""


class Connect(msgspec.Struct, frozen=True):
    """A CONNECT packet. `version` is 4 (3.1.1) or 5; `keepalive` in seconds, 0 for none."""

    version: int
    client_id: str
    username: str | None
    password: str | None
    keepalive: int


class Publish(msgspec.Struct, frozen=True):
    """A message for a topic. `packet_id` is 0 for QoS 0, which is not acknowledged."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int


class Packets:
    """Collects bytes and gives back whole packets as (type, flags, body)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Every packet that is complete now. Raises MalformedPacketError for an oversized or invalid one."""
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while (header := _header(buffer, start)) is not None:
                length, body = header
                end = body + length
                if len(buffer) < end:
                    break
                first = buffer[start]
                packet = bytes(buffer[body:end])
                start = end
                yield first >> 4, first & 0x0F, packet
        finally:
            del buffer[:start]


def _header(buffer: bytearray, start: int) -> tuple[int, int] | None:
    """The remaining length of the packet at `start` and where its body begins; None while bytes are missing."""
    length = shift = 0
    for position in range(start + 1, min(start + 5, len(buffer))):
        byte = buffer[position]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            if length > MAX_PACKET_BYTES:
                raise MalformedPacketError(f"packet of {length} bytes, the limit is {MAX_PACKET_BYTES}")
            return length, position + 1
        shift += 7
    if len(buffer) - start >= 5:
        raise MalformedPacketError("remaining length has more than four bytes")
    return None


class _Reader:
    """Reads a packet's fields one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._body):
            raise MalformedPacketError("truncated packet")
        taken, self._at = self._body[self._at : end], end
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def short(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        return self.take(self.short())

    def text(self) -> str:
        try:
            return self.binary().decode()
        except UnicodeDecodeError as error:
            raise MalformedPacketError("string is not UTF-8") from error

    def skip_properties(self) -> None:
        length = shift = 0
        while True:
            byte = self.byte()
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
            shift += 7
        self.take(length)

    def rest(self) -> bytes:
        return self._body[self._at :]


def read_connect(body: bytes) -> Connect:
    """A CONNECT. A will is ignored. Raises MalformedPacketError."""
    reader = _Reader(body)
    protocol, version = reader.text(), reader.byte()
    if protocol != "MQTT" or version not in (4, 5):
        raise MalformedPacketError(f"protocol {protocol!r} version {version}; MQTT 3.1.1 and 5 are supported")
    flags, keepalive = reader.byte(), reader.short()
    if version == 5:
        reader.skip_properties()
    client_id = reader.text()
    if flags & 0x04:
        if version == 5:
            reader.skip_properties()
        reader.binary()
        reader.binary()
    username = reader.text() if flags & 0x80 else None
    password = reader.text() if flags & 0x40 else None
    return Connect(version, client_id, username, password, keepalive)


def read_publish(flags: int, body: bytes, version: int) -> Publish:
    """A PUBLISH. Raises MalformedPacketError."""
    qos = flags >> 1 & 3
    end = 2 + int.from_bytes(body[:2], "big")
    after = end + 2 if qos else end
    if len(body) < after or qos == 3:
        raise MalformedPacketError("truncated packet")
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError as error:
        raise MalformedPacketError("topic is not UTF-8") from error
    packet_id = int.from_bytes(body[end:after], "big") if qos else 0
    if version == 5:
        reader = _Reader(body[after:])
        reader.skip_properties()
        return Publish(topic, reader.rest(), qos, packet_id)
    return Publish(topic, body[after:], qos, packet_id)


def read_topics(body: bytes, version: int, *, with_options: bool) -> tuple[int, list[str]]:
    """The packet id and topic filters of a SUBSCRIBE (`with_options`) or an UNSUBSCRIBE."""
    reader = _Reader(body)
    packet_id = reader.short()
    if version == 5:
        reader.skip_properties()
    topics = []
    while reader.rest():
        topics.append(reader.text())
        if with_options:
            reader.byte()
    return packet_id, topics


def connack(version: int, code: int) -> bytes:
    """CONNACK; for 5 it declares what is unsupported: QoS 2 and retained messages."""
    if version == 5:
        properties = b"\x24\x01\x25\x00" if code == 0 else b""
        return packet(CONNACK, bytes((0, code, len(properties))) + properties)
    return packet(CONNACK, bytes((0, code)))


def puback(packet_id: int, version: int = 4, reason: int = 0) -> bytes:
    """PUBACK; only 5 can carry a reason."""
    if version == 5 and reason:
        return packet(PUBACK, packet_id.to_bytes(2, "big") + bytes((reason,)))
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def suback(packet_id: int, version: int, codes: bytes, kind: int = SUBACK) -> bytes:
    """SUBACK or UNSUBACK."""
    return packet(kind, packet_id.to_bytes(2, "big") + (b"\x00" if version == 5 else b"") + codes)


def packet(kind: int, body: bytes) -> bytes:
    """A packet with no flags set."""
    return bytes((kind << 4,)) + _length(len(body)) + body


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """A PUBLISH with QoS 1, as a 3.1.1 client sends it (what benchmarks send)."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + packet_id.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


def connect(client_id: str, username: str, password: str, keepalive: int = 60) -> bytes:
    """A 3.1.1 CONNECT with a clean session (what benchmarks send)."""
    fields = b"".join(len(text).to_bytes(2, "big") + text for text in map(str.encode, (client_id, username, password)))
    return packet(CONNECT, b"\x00\x04MQTT\x04\xc2" + keepalive.to_bytes(2, "big") + fields)


def _length(length: int) -> bytes:
    encoded = bytearray()
    while True:
        length, byte = length >> 7, length & 0x7F
        encoded.append(byte | 0x80 if length else byte)
        if not length:
            return bytes(encoded)
