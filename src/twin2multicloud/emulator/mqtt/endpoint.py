"""The MQTT side of L1: authentication, authorisation and acknowledgement. Independent of functions.

Of our own, because a broker acknowledges what it has in memory; here PUBACK means that the message is on disk.
"""

import asyncio
from collections import deque
from typing import cast

import msgspec

from twin2multicloud.emulator.mqtt import packets
from twin2multicloud.emulator.mqtt.packets import Connect, MalformedPacketError, PacketTooLargeError, Publish
from twin2multicloud.emulator.mqtt.service import REMEMBERED_PUBLISHES, DeviceService, Published, new_client_id

_IN_FLIGHT = 5_000  # publishes of one connection that are not durable yet, before it is not read from any more
_IN_FLIGHT_BYTES = 4 * 1024 * 1024  # of their payloads
_UNSENT_BYTES = 32 * 1024  # answers that a client has not taken, before it is not read from any more
_UNSENT_SECONDS = 30.0  # for so long, then its connection ends
_CONNECT_SECONDS = 30.0  # from the first byte to CONNECT
_LINGER_SECONDS = 1.0  # for a client to read why its connection ends: closing with unread input would destroy it
_TURN = 250  # packets of one connection handled at a time, before others have theirs handled
_UNUSUAL = packets.SENT_BEFORE | packets.QOS_2 | packets.RETAIN
_REASON_ROOM = 1_024  # a client that takes smaller packets gets no reason in words


class MqttConnection(asyncio.Protocol):
    """One client."""

    def __init__(self, service: DeviceService) -> None:
        self._service = service
        self._packets = packets.Packets()
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._hello = Connect(version=4, client_id="")
        self._user: str | None = None  # once signed in
        self._recent: deque[tuple[int, int]] = deque(maxlen=1)
        self._keepalive = 0.0
        self._last_heard = 0.0
        self._in_flight = self._in_flight_bytes = 0
        self._paused: set[str] = set()  # why it is not read from
        self._unsent_since = 0.0
        self._more = False  # whether packets may be complete that have not been handled
        self._ended = False

    # --- asyncio.Protocol ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class
        self._transport.set_write_buffer_limits(_UNSENT_BYTES)
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        reason = self._service.arrived(self, self._address)
        if reason is not None:
            self._refuse(reason, 0)
            return
        asyncio.get_running_loop().call_later(_CONNECT_SECONDS, self._expect_connect)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """See asyncio.Protocol."""
        self._transport, self._ended = None, True
        self._service.left(self, self._address)
        if self._user is not None:
            self._service.sign_off(self, self._user, self._hello.client_id)

    def data_received(self, data: bytes) -> None:
        """Handle every complete packet, a turn's worth of them; publishes that arrive together are one batch."""
        if self._ended:
            return
        publishes: list[Publish] = []
        handled = 0
        failure: MalformedPacketError | None = None
        try:
            for kind, flags, body in self._packets.feed(data):
                if kind == packets.PUBLISH and self._user is not None:
                    publishes.append(packets.read_publish(flags, body, self._hello.version))
                else:
                    if publishes:  # those before a DISCONNECT count
                        self._take(publishes)
                        publishes = []
                    if not self._ended:
                        self._handle(kind, body)
                handled += 1
                if handled == _TURN or self._ended:
                    break
        except MalformedPacketError as error:
            failure = error
        if publishes:
            self._take(publishes)
        if failure is not None:
            self._malformed(failure)
        elif handled == _TURN:
            self._more = True
            self._pause("turn")
            asyncio.get_running_loop().call_soon(self._resume, "turn")
        if self._keepalive:
            self._last_heard = asyncio.get_running_loop().time()

    def pause_writing(self) -> None:
        """See asyncio.Protocol. Whoever does not read its answers is not read from, and not kept for ever."""
        self._pause("unsent")
        loop = asyncio.get_running_loop()
        self._unsent_since = loop.time()
        loop.call_later(_UNSENT_SECONDS, self._expect_reading)

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._resume("unsent")

    # --- signing in ----------------------------------------------------------------------------------------------

    def _handle(self, kind: int, body: bytes) -> None:
        version = self._hello.version
        if kind == packets.CONNECT and self._user is None:
            self._connect(packets.read_connect(body))
        elif self._user is None:
            raise MalformedPacketError("the first packet must be CONNECT")
        elif kind == packets.PINGREQ:
            self._write(packets.packet(packets.PINGRESP, b""))
        elif kind == packets.SUBSCRIBE:
            # Commands to devices are not delivered yet: a refusal that the client sees, not a promise.
            packet_id, topics = packets.read_topics(body, version, with_options=True)
            self._write(packets.suback(packet_id, version, b"\x80" * len(topics)))
        elif kind == packets.UNSUBSCRIBE:
            packet_id, topics = packets.read_topics(body, version, with_options=False)
            codes = b"\x11" * len(topics) if version == 5 else b""
            self._write(packets.suback(packet_id, version, codes, packets.UNSUBACK))
        elif kind == packets.DISCONNECT:
            self._end()
        else:
            raise MalformedPacketError(f"a packet of type {kind} is not for this endpoint")

    def _connect(self, hello: Connect) -> None:
        self._hello = hello
        service, version = self._service, hello.version
        refusal = _objection(hello)
        if refusal is None and not service.authenticator.knows(hello.username, hello.password):
            code = packets.BAD_CREDENTIALS if version == 5 else packets.BAD_CREDENTIALS_V3
            refusal = code, "user name and password are a device's id and its key"
        if refusal is not None:
            code, reason = refusal
            self._reject("", reason)
            self._end(packets.connack(version, code, reason=self._in_words(reason)))
            return
        assert hello.username is not None  # noqa: S101 - the authenticator knows it
        self._user, self._packets.limit = hello.username, service.max_packet
        assigned = "" if hello.client_id else new_client_id()
        if assigned:
            self._hello = msgspec.structs.replace(hello, client_id=assigned)
        self._recent = service.sign_in(self, self._user, self._hello.client_id, self._address)
        self._write(packets.connack(version, 0, service.max_packet, assigned))
        if hello.keepalive:
            self._keepalive = 1.5 * hello.keepalive
            self._last_heard = asyncio.get_running_loop().time()
            self._watch()

    def taken_over(self) -> None:
        """See `service.Client`."""
        self._end(packets.disconnect(packets.SESSION_TAKEN_OVER, self._in_words("another client has this client id")))

    def give_way(self, reason: str) -> None:
        """See `service.Client`."""
        self._refuse(reason, 0)

    # --- publishes -----------------------------------------------------------------------------------------------

    def _take(self, publishes: list[Publish]) -> None:
        assert self._user is not None  # noqa: S101 - data_received saw to it
        service, user, version = self._service, self._user, self._hello.version
        limit = service.max_publish_bytes
        if not service.authenticator.knows(user, self._hello.password):
            self._refuse("it was removed, or has another key since it connected", packets.NOT_AUTHORIZED)
            return
        allowed: list[Published] = []
        to_acknowledge: list[Publish] = []
        for each in publishes:
            device = service.authenticator.device_of(user, each.topic)
            if device is None or each.flags & _UNUSUAL or len(each.payload) > limit:
                if not self._admits(each, device):
                    break
                if device is None or self._is_known(each):
                    continue
            published = Published(device, each.payload)
            if version == 5 and each.qos and self._explained(each, published):
                continue
            allowed.append(published)
            if each.qos:
                to_acknowledge.append(each)
        if allowed:
            self._hand_over(allowed, to_acknowledge)

    def _hand_over(self, allowed: list[Published], to_acknowledge: list[Publish]) -> None:
        size = sum([len(each.payload) for each in allowed])
        self._in_flight += len(allowed)
        self._in_flight_bytes += size
        if self._in_flight > _IN_FLIGHT or self._in_flight_bytes > _IN_FLIGHT_BYTES:
            self._pause("in flight")

        def when_durable(error: Exception | None) -> None:
            self._in_flight -= len(allowed)
            self._in_flight_bytes -= size
            if error is not None:
                self._end()  # not acknowledged: the client connects again and sends it again
                return
            self._recent.extend(map(_mark, to_acknowledge[-REMEMBERED_PUBLISHES:]))
            self._write(b"".join([packets.puback(each.packet_id) for each in to_acknowledge]))
            self._resume("backlog")
            if self._in_flight <= _IN_FLIGHT and self._in_flight_bytes <= _IN_FLIGHT_BYTES:
                self._resume("in flight")

        if not self._service.accept(allowed, when_durable):
            self._pause("backlog")

    def _is_known(self, publish: Publish) -> bool:
        """Whether a publish was taken before and only its acknowledgement was lost; acknowledges it again."""
        if not publish.flags & packets.SENT_BEFORE or _mark(publish) not in self._recent:
            return False
        self._write(packets.puback(publish.packet_id))
        return True

    def _explained(self, publish: Publish, published: Published) -> bool:
        """Whether the dispatcher would take nothing of it; a 5 client is told why."""
        reason = self._service.refusal(published)
        if reason is None:
            return False
        self._reject(publish.topic, reason)
        self._write_refusal(publish.packet_id, packets.PAYLOAD_FORMAT_INVALID, reason)
        return True

    def _admits(self, publish: Publish, device: str | None) -> bool:
        """Whether the connection goes on after a publish that is unusual: what ends it, is rejected here."""
        limit, size = self._service.max_publish_bytes, len(publish.payload)
        if size > limit:
            reason = f"a publish of {size:,} bytes, the limit is {limit:,}"
            self._refuse(reason, packets.PACKET_TOO_LARGE, publish.topic, too_large=True)
        elif publish.flags & packets.QOS_2:
            self._refuse("QoS 2, the highest is 1", packets.QOS_NOT_SUPPORTED, publish.topic)
        elif device is None:
            reason = f"{self._user} may not publish to this topic"
            if self._hello.version != 5 or not publish.qos:  # as AWS IoT Core does; 5 carries a reason
                self._refuse(reason, packets.NOT_AUTHORIZED, publish.topic)
            else:
                self._reject(publish.topic, reason)
                self._write_refusal(publish.packet_id, packets.NOT_AUTHORIZED, reason)
        elif publish.flags & packets.RETAIN and self._hello.version == 5:
            self._refuse("a retained message, none is kept", packets.RETAIN_NOT_SUPPORTED, publish.topic)
        return not self._ended

    # --- rejections and ends -------------------------------------------------------------------------------------

    def _malformed(self, error: MalformedPacketError) -> None:
        if isinstance(error, packets.UnsupportedVersionError):
            self._reject("", str(error))
            self._end(packets.connack(4, packets.BAD_PROTOCOL_V3))
        elif isinstance(error, PacketTooLargeError):
            signed_in = self._user is not None
            self._refuse(str(error), packets.PACKET_TOO_LARGE, error.topic, too_large=signed_in)
        else:
            self._refuse(str(error), packets.MALFORMED)

    def _refuse(self, reason: str, code: int, topic: str = "", *, too_large: bool = False) -> None:
        """Reject and end; a 5 client that is signed in is told why."""
        self._reject(topic, reason, too_large=too_large)
        self._end(packets.disconnect(code, self._in_words(reason)) if self._user is not None else b"")

    def _reject(self, topic: str, reason: str, *, too_large: bool = False) -> None:
        who = self._hello.username or self._user or self._hello.client_id
        self._service.rejected(who=who, address=self._address, topic=topic, reason=reason, too_large=too_large)

    def _write_refusal(self, packet_id: int, code: int, reason: str) -> None:
        words = self._in_words(reason) if self._hello.explains else ""
        self._write(packets.puback(packet_id, 5, code, words))

    def _in_words(self, reason: str) -> str:
        return reason[:200] if self._hello.max_packet >= _REASON_ROOM else ""

    def _end(self, last: bytes = b"") -> None:
        """Close, after a last packet where the client's version has one."""
        transport, self._transport, self._ended = self._transport, None, True
        if transport is None:
            return
        if self._user is not None and self._hello.version != 5:
            last = b""  # 3.1.1 has no DISCONNECT of a server
        if not last:
            transport.close()
            return
        transport.write(last)
        if self._paused:
            transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.abort)

    # --- flow and time -------------------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    def _pause(self, reason: str) -> None:
        if self._transport is not None and not self._paused:
            self._transport.pause_reading()
        self._paused.add(reason)

    def _resume(self, reason: str) -> None:
        if reason not in self._paused:
            return
        self._paused.remove(reason)
        if self._paused or self._transport is None:
            return
        self._transport.resume_reading()
        if self._more:
            self._more = False
            self.data_received(b"")

    def _expect_connect(self) -> None:
        if self._user is None and self._transport is not None:
            self._refuse(f"no CONNECT within {_CONNECT_SECONDS:g} s", 0)

    def _expect_reading(self) -> None:
        paused_for = asyncio.get_running_loop().time() - self._unsent_since
        if "unsent" not in self._paused or self._transport is None or paused_for < 0.9 * _UNSENT_SECONDS:
            return  # it has read, and a later pause has a timer of its own
        self._reject("", f"it has not read its answers for {_UNSENT_SECONDS:g} s")
        self._transport.abort()

    def _watch(self) -> None:
        """Close a connection that has been silent for one and a half keep-alives (MQTT 3.1.2.10)."""
        if self._transport is None:
            return
        loop = asyncio.get_running_loop()
        if self._paused:  # what it may have sent has not been read
            self._last_heard = loop.time()
        left = self._last_heard + self._keepalive - loop.time()
        if left <= 0:
            self._end()
        else:
            loop.call_later(left + 0.05, self._watch)


def _mark(publish: Publish) -> tuple[int, int]:
    """What a publish is known by when it comes again."""
    return publish.packet_id, hash((publish.topic, publish.payload))


def _objection(hello: Connect) -> tuple[int, str] | None:
    """What is wrong with a CONNECT, whoever sent it: the code for its version, and a sentence."""
    newest = hello.version == 5
    if not hello.client_id and not hello.clean and not newest:
        return packets.BAD_CLIENT_ID_V3, "an empty client id needs a clean session"
    if len(hello.client_id.encode(errors="replace")) > packets.MAX_CLIENT_ID:
        code = packets.BAD_CLIENT_ID if newest else packets.BAD_CLIENT_ID_V3
        return code, f"the client id has more than {packets.MAX_CLIENT_ID} bytes"
    if newest and hello.will_qos > 1:
        return packets.QOS_NOT_SUPPORTED, "a will with QoS 2, the highest is 1"
    if newest and hello.will_retained:
        return packets.RETAIN_NOT_SUPPORTED, "a retained will, none is kept"
    return None
