"""MQTT 3.1.1 and 5 packets, as far as a device service supports them: bytes <-> values, no I/O (OASIS MQTT, 3)."""

from collections.abc import Iterator, Mapping

import msgspec

MAX_CONNECT_BYTES = 32 * 1024  # of a packet from a client that is not signed in yet; a will is part of it
MAX_TOPICS = 100  # of one SUBSCRIBE or UNSUBSCRIBE; AWS IoT Core takes eight
MAX_CLIENT_ID = 128  # bytes, as AWS IoT Core and IoT Hub have it
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 1, 2, 3, 4, 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
SENT_BEFORE, QOS_2, RETAIN = 8, 4, 1  # flags of a PUBLISH


# Reason codes of MQTT 5 (2.4), and return codes of a 3.1.1 CONNACK (3.2.2.3).
BAD_CLIENT_ID, BAD_CREDENTIALS, NOT_AUTHORIZED, SESSION_TAKEN_OVER, PACKET_TOO_LARGE = 0x85, 0x86, 0x87, 0x8E, 0x95
PAYLOAD_FORMAT_INVALID, RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 0x99, 0x9A, 0x9B
MALFORMED = 0x81
BAD_PROTOCOL_V3, BAD_CLIENT_ID_V3, BAD_CREDENTIALS_V3 = 1, 2, 4

_PROBLEM_INFORMATION, _MAXIMUM_PACKET_SIZE = 0x17, 0x27
_PROPERTY_BYTES = {0x01: 1, 0x17: 1, 0x19: 1, 0x13: 2, 0x21: 2, 0x22: 2, 0x23: 2, 0x02: 4, 0x11: 4, 0x18: 4, 0x27: 4}
_PROPERTY_TEXTS = {0x03: 1, 0x08: 1, 0x09: 1, 0x15: 1, 0x16: 1, 0x26: 2}  # how many texts or byte strings


class MalformedPacketError(Exception):
    """Invalid or unsupported packet; the connection is closed."""


class UnsupportedVersionError(MalformedPacketError):
    """A protocol or version other than MQTT 3.1.1 and 5; CONNACK can say so."""


class PacketTooLargeError(MalformedPacketError):
    """A packet over the limit, recognised by its header. `topic` is a publish's, "" where it is not here yet."""

    def __init__(self, length: int, limit: int, topic: str) -> None:
        super().__init__(f"packet of {length:,} bytes, the limit is {limit:,}")
        self.topic = topic


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    """A CONNECT packet. `version` is 4 (3.1.1) or 5; `keepalive` in seconds, 0 for none.

    `explains` and `max_packet` are what a 5 client wants of answers: reason strings, and bytes at most.
    """

    version: int
    client_id: str
    username: str | None = None
    password: str | None = None
    keepalive: int = 0
    clean: bool = True
    will_qos: int = 0
    will_retained: bool = False
    explains: bool = True
    max_packet: int = 1 << 28


class Publish(msgspec.Struct, frozen=True):
    """A message for a topic. `packet_id` is 0 for QoS 0, which is not acknowledged; `flags` are the packet's."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int
    flags: int = 0


class Packets:
    """Collects bytes and gives back whole packets as (type, flags, body). `limit` is of a packet, in bytes."""

    def __init__(self, limit: int = MAX_CONNECT_BYTES) -> None:
        self.limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Every packet that is complete now; those that are not taken come with the next call.

        Raises MalformedPacketError for an invalid one, PacketTooLargeError for one over the limit.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while (header := _header(buffer, start)) is not None:
                length, body = header
                if length > self.limit:
                    raise PacketTooLargeError(length, self.limit, _topic_in(buffer, start, body))
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
            return length, position + 1
        shift += 7
    if len(buffer) - start >= 5:
        raise MalformedPacketError("remaining length has more than four bytes")
    return None


def _topic_in(buffer: bytearray, start: int, body: int) -> str:
    """The topic of a publish of which only the beginning is here."""
    if buffer[start] >> 4 != PUBLISH:
        return ""
    return buffer[body + 2 : body + 2 + int.from_bytes(buffer[body : body + 2], "big")].decode(errors="replace")


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

    def properties(self) -> bytes:
        length = shift = 0
        while True:
            byte = self.byte()
            length |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
            shift += 7
        return self.take(length)

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._body)

    def rest(self) -> bytes:
        return self._body[self._at :]


def read_connect(body: bytes) -> Connect:
    """A CONNECT. What a will says is ignored. Raises MalformedPacketError, UnsupportedVersionError."""
    reader = _Reader(body)
    protocol, version = reader.text(), reader.byte()
    if protocol != "MQTT" or version not in (4, 5):
        raise UnsupportedVersionError(f"protocol {protocol[:20]!r} version {version}; MQTT 3.1.1 and 5 are supported")
    flags, keepalive = reader.byte(), reader.short()
    wanted = _numbers_in(reader.properties()) if version == 5 else {}
    client_id = reader.text()
    if flags & 0x04:
        if version == 5:
            reader.properties()
        reader.binary()
        reader.binary()
    return Connect(
        version=version,
        client_id=client_id,
        username=reader.text() if flags & 0x80 else None,
        password=reader.text() if flags & 0x40 else None,
        keepalive=keepalive,
        clean=bool(flags & 0x02),
        will_qos=flags >> 3 & 3,
        will_retained=bool(flags & 0x20),
        explains=wanted.get(_PROBLEM_INFORMATION, 1) != 0,
        max_packet=wanted.get(_MAXIMUM_PACKET_SIZE, 1 << 28),
    )


def _numbers_in(properties: bytes) -> Mapping[int, int]:
    """The properties of a CONNECT that are numbers (MQTT 5, 2.2.2.2)."""
    reader, found = _Reader(properties), {}
    while not reader.at_end:
        name = reader.byte()
        if name in _PROPERTY_BYTES:
            found[name] = int.from_bytes(reader.take(_PROPERTY_BYTES[name]), "big")
        elif name in _PROPERTY_TEXTS:
            for _ in range(_PROPERTY_TEXTS[name]):
                reader.binary()
        else:
            raise MalformedPacketError(f"property {name:#04x} does not belong to CONNECT")
    return found


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
    payload = body[after:]
    if version == 5:
        reader = _Reader(payload)
        reader.properties()
        payload = reader.rest()
    return Publish(topic, payload, qos, packet_id, flags)


def read_topics(body: bytes, version: int, *, with_options: bool) -> tuple[int, list[str]]:
    """The packet id and topic filters of a SUBSCRIBE (`with_options`) or an UNSUBSCRIBE. May be malformed."""
    reader = _Reader(body)
    packet_id = reader.short()
    if version == 5:
        reader.properties()
    topics: list[str] = []
    while not reader.at_end:
        if len(topics) == MAX_TOPICS:
            raise MalformedPacketError(f"more than {MAX_TOPICS} topics in one packet")
        topics.append(reader.text())
        if with_options:
            reader.byte()
    return packet_id, topics


def connack(version: int, code: int, max_packet: int = 0, assigned: str = "", reason: str = "") -> bytes:
    """CONNACK. A 5 client learns Maximum QoS 1, that nothing is retained, the Maximum Packet Size, and an id if it
    gave none; or the reason why it was refused."""
    if version != 5:
        return packet(CONNACK, bytes((0, code)))
    properties = _reason(reason)
    if code == 0:
        properties = b"\x24\x01\x25\x00\x27" + max_packet.to_bytes(4, "big")
        if assigned:
            properties += b"\x12" + _text(assigned)
    return packet(CONNACK, bytes((0, code)) + _length(len(properties)) + properties)


def puback(packet_id: int, version: int = 4, code: int = 0, reason: str = "") -> bytes:
    """PUBACK; only 5 can carry a code and the reason in words."""
    if version == 5 and code:
        properties = _reason(reason)
        after = _length(len(properties)) + properties if properties else b""
        return packet(PUBACK, packet_id.to_bytes(2, "big") + bytes((code,)) + after)
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def disconnect(code: int, reason: str) -> bytes:
    """A server's DISCONNECT, which only MQTT 5 has."""
    properties = _reason(reason)
    return packet(DISCONNECT, bytes((code,)) + _length(len(properties)) + properties)


def suback(packet_id: int, version: int, codes: bytes, kind: int = SUBACK) -> bytes:
    """SUBACK or UNSUBACK."""
    return packet(kind, packet_id.to_bytes(2, "big") + (b"\x00" if version == 5 else b"") + codes)


def packet(kind: int, body: bytes) -> bytes:
    """A packet with no flags set."""
    return bytes((kind << 4,)) + _length(len(body)) + body


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """A PUBLISH with QoS 1, as a 3.1.1 client sends it (what benchmarks send)."""
    body = _text(topic) + packet_id.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


def connect(client_id: str, username: str, password: str, keepalive: int = 60) -> bytes:
    """A 3.1.1 CONNECT with a clean session (what benchmarks send)."""
    fields = b"".join(map(_text, (client_id, username, password)))
    return packet(CONNECT, b"\x00\x04MQTT\x04\xc2" + keepalive.to_bytes(2, "big") + fields)


def _reason(text: str) -> bytes:
    """The property Reason String; nothing for no text."""
    return b"\x1f" + _text(text) if text else b""


def _text(text: str) -> bytes:
    encoded = text.encode(errors="replace")
    return len(encoded).to_bytes(2, "big") + encoded


def _length(length: int) -> bytes:
    encoded = bytearray()
    while True:
        length, byte = length >> 7, length & 0x7F
        encoded.append(byte | 0x80 if length else byte)
        if not length:
            return bytes(encoded)
