"""The MQTT codec: whole packets from any cut of the bytes, and nothing but its own error from any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.emulator.mqtt import packets
from twin2multicloud.emulator.mqtt.packets import MalformedPacketError, Packets

PUBLISHES = st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=300), st.integers(1, 65535)), max_size=5)


@given(PUBLISHES, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_packets_come_whole_however_the_bytes_are_cut(published, cuts) -> None:
    stream = b"".join(packets.publish(topic, payload, packet_id) for topic, payload, packet_id in published)
    collector, found, start, turn = Packets(), [], 0, 0
    while start < len(stream):
        end = start + cuts[turn % len(cuts)]
        found += [packets.read_publish(flags, body, 4) for _, flags, body in collector.feed(stream[start:end])]
        start, turn = end, turn + 1
    assert [(each.topic, each.payload, each.packet_id) for each in found] == published
    assert all(each.qos == 1 for each in found)


@given(st.binary(max_size=400))
def test_any_bytes_are_packets_or_malformed(data: bytes) -> None:
    try:
        for kind, flags, body in Packets().feed(data):
            if kind == packets.CONNECT:
                packets.read_connect(body)
            elif kind == packets.PUBLISH:
                packets.read_publish(flags, body, 4)
                packets.read_publish(flags, body, 5)
            elif kind in (packets.SUBSCRIBE, packets.UNSUBSCRIBE):
                packets.read_topics(body, 5, with_options=kind == packets.SUBSCRIBE)
    except MalformedPacketError:
        pass


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.integers(0, 65535))
def test_a_connect_says_who_it_is(client, user, password, keepalive) -> None:
    ((kind, _, body),) = Packets().feed(packets.connect(client, user, password, keepalive))
    hello = packets.read_connect(body)
    assert kind == packets.CONNECT
    assert (hello.version, hello.client_id, hello.username, hello.password, hello.keepalive) == (
        4, client, user, password, keepalive
    )  # fmt: skip


def test_a_connect_of_version_5_with_properties_and_a_will() -> None:
    properties = b"\x05\x11\x00\x00\x00\x0a"  # session expiry, 10 s
    will = b"\x00" + b"\x00\x01w" + b"\x00\x02hi"
    body = b"\x00\x04MQTT\x05\xc6\x00\x1e" + properties + b"\x00\x01c" + will + b"\x00\x01u" + b"\x00\x01p"
    assert packets.read_connect(body) == packets.Connect(
        version=5, client_id="c", username="u", password="p", keepalive=30
    )


@pytest.mark.parametrize("body", [b"", b"\x00\x04MQTT\x03\x02\x00\x1e", b"\x00\x06MQIsdp\x03\x02\x00\x1e\x00\x00"])
def test_other_protocols_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        packets.read_connect(body)


def test_a_5_client_says_what_it_wants_of_answers() -> None:
    properties = b"\x26\x00\x01k\x00\x01v" + b"\x17\x00" + b"\x27\x00\x00\x04\x00" + b"\x15\x00\x01m"
    head = b"\x00\x04MQTT\x05\x00\x00\x1e"
    hello = packets.read_connect(head + bytes((len(properties),)) + properties + b"\x00\x01c")
    assert (hello.explains, hello.max_packet, hello.clean) == (False, 1024, False)
    with pytest.raises(MalformedPacketError, match="0x24"):
        packets.read_connect(head + b"\x02\x24\x01\x00\x01c")


def test_a_packet_over_the_limit_is_refused_before_it_has_arrived() -> None:
    with pytest.raises(MalformedPacketError, match="limit"):
        list(Packets().feed(b"\x32\xff\xff\xff\x7f"))
    with pytest.raises(MalformedPacketError, match="four bytes"):
        list(Packets().feed(b"\x32\xff\xff\xff\xff\x01"))


def test_answers_are_as_the_standard_has_them() -> None:
    assert packets.connack(4, 0) == b"\x20\x02\x00\x00"
    assert packets.connack(4, 4) == b"\x20\x02\x00\x04"
    assert packets.connack(5, 0, 1024, "a") == (
        b"\x20\x10\x00\x00\x0d\x24\x01\x25\x00\x27\x00\x00\x04\x00\x12\x00\x01a"
    )
    assert packets.connack(5, 0x86, reason="no") == b"\x20\x08\x00\x86\x05\x1f\x00\x02no"
    assert packets.disconnect(0x8E, "") == b"\xe0\x02\x8e\x00"
    assert packets.disconnect(0x95, "no") == b"\xe0\x07\x95\x05\x1f\x00\x02no"
    assert packets.puback(1, 5, 0x99, "no") == b"\x40\x09\x00\x01\x99\x05\x1f\x00\x02no"
    assert packets.puback(258) == b"\x40\x02\x01\x02"
    assert packets.puback(1, 5, 0x87) == b"\x40\x03\x00\x01\x87"
    assert packets.suback(1, 4, b"\x80") == b"\x90\x03\x00\x01\x80"
    assert packets.suback(1, 5, b"\x80") == b"\x90\x04\x00\x01\x00\x80"
