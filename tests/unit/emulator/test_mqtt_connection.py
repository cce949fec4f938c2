"""One client of the MQTT endpoint: who is let in, what is acknowledged, what is refused and with which words."""

import pytest

from tests.rigs.event_loop import on_a_loop
from tests.rigs.mqtt import ADDRESS, LIMIT, V3, V5, RigClient, RigEndpoint, connect, publish, text
from twin2multicloud.emulator.mqtt import packets

both_versions = pytest.mark.parametrize("version", [V3, V5], ids=["3.1.1", "5"])


def reason_of(body: bytes) -> str:
    """The reason string at a packet's end."""
    assert b"\x1f" in body, body
    return body[body.index(b"\x1f") + 3 :].decode()


class TestSigningIn:
    @both_versions
    @on_a_loop
    async def test_a_second_client_of_the_same_id_ends_the_first(self, version: int) -> None:
        endpoint = RigEndpoint()
        first = endpoint.client(client_id="plug", version=version)
        second = endpoint.client(client_id="plug", version=version)
        assert (first.ended, second.ended) == (True, False)
        answers = first.answers()
        if version == V5:
            ((kind, body),) = answers
            assert (kind, body[0]) == (packets.DISCONNECT, 0x8E)
        else:
            assert answers == []
        first.transport.close()
        third = endpoint.client(client_id="plug", version=version)
        assert (second.ended, third.ended) == (True, False), "the end of the first does not make the second forgotten"
        assert "'plug'" in endpoint.reasons()[0]

    @on_a_loop
    async def test_another_users_client_of_the_same_id_ends_nobody(self) -> None:
        endpoint = RigEndpoint()
        first = endpoint.client("d1", "plug")
        endpoint.client("d2", "plug")
        assert not first.ended

    @on_a_loop
    async def test_a_5_client_learns_the_limits(self) -> None:
        client = RigClient(RigEndpoint())
        client.send(connect("c", version=V5))
        ((_, body),) = client.answers()
        assert body == b"\x00\x00\x09\x24\x01\x25\x00\x27" + (LIMIT + 18 * 1024).to_bytes(4, "big")

    @on_a_loop
    async def test_a_5_client_without_an_id_gets_one(self) -> None:
        endpoint = RigEndpoint()
        assigned = []
        for _ in range(2):
            client = RigClient(endpoint)
            client.send(connect("", version=V5, clean=False))
            ((_, body),) = client.answers()
            assert body[:2] == b"\x00\x00"
            assert body[12:13] == b"\x12"
            assigned.append(body[15:].decode())
            assert not client.ended
        assert assigned[0] != assigned[1]
        assert all(each.startswith("auto-") for each in assigned)

    @on_a_loop
    async def test_an_empty_id_needs_a_clean_session(self) -> None:
        endpoint = RigEndpoint()
        client = RigClient(endpoint)
        client.send(connect("", clean=False))
        assert (client.answers(), client.ended) == ([(packets.CONNACK, b"\x00\x02")], True)
        assert endpoint.client(client_id="").ended is False

    @both_versions
    @on_a_loop
    async def test_a_wrong_password_is_answered_and_noted(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = RigClient(endpoint)
        client.send(connect("c", password="guess", version=version))
        ((kind, body),) = client.answers()
        assert (kind, body[1], client.ended) == (packets.CONNACK, {V3: 4, V5: 0x86}[version], True)
        (about,) = endpoint.rejections
        assert (about["who"], about["address"], about["topic"]) == ("d1", ADDRESS, "")
        assert "a device's id and its key" in about["reason"]
        assert version == V3 or "a device's id and its key" in reason_of(body)

    @pytest.mark.parametrize(
        "head", [text("MQIsdp") + b"\x03", text("MQTT") + b"\x03", text("MQTT") + b"\x06"], ids=["3.1", "3", "6"]
    )
    @on_a_loop
    async def test_another_version_is_answered(self, head: bytes) -> None:
        endpoint = RigEndpoint()
        client = RigClient(endpoint)
        client.send(packets.packet(packets.CONNECT, head + b"\xc2\x00\x00" + text("c") + text("d1") + text("d1d1")))
        assert (client.answers(), client.ended) == ([(packets.CONNACK, b"\x00\x01")], True)
        assert "MQTT 3.1.1 and 5 are supported" in endpoint.reasons()[0]

    @pytest.mark.parametrize(("flags", "code"), [(0x04 | 0x10, 0x9B), (0x04 | 0x20, 0x9A)], ids=["QoS 2", "retained"])
    @on_a_loop
    async def test_a_will_that_cannot_be_kept_is_refused(self, flags: int, code: int) -> None:
        client = RigClient(RigEndpoint())
        client.send(connect("c", version=V5, flags=flags, will=b"\0" + text("w") + text("hi")))
        ((kind, body),) = client.answers()
        assert (kind, body[1], client.ended) == (packets.CONNACK, code, True)

    @on_a_loop
    async def test_whoever_is_something_else_is_noted(self) -> None:
        endpoint = RigEndpoint()
        client = RigClient(endpoint)
        client.send(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 100)
        assert (client.ended, endpoint.reasons()) == (True, ["the first packet must be CONNECT"])

    @on_a_loop
    async def test_nobody_sends_much_before_signing_in(self) -> None:
        endpoint = RigEndpoint()
        client = RigClient(endpoint)
        client.send(connect("c", flags=0x04, will=text("w") + text("x" * 40_000)))
        assert client.ended
        assert "the limit is 32,768" in endpoint.reasons()[0]


class TestPublishing:
    @both_versions
    @on_a_loop
    async def test_an_acknowledgement_waits_until_it_is_durable(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"1", 1, version=version) + publish(b"2", 2, version=version))
        assert ([each.payload for each in endpoint.taken], client.answers()) == ([b"1", b"2"], [])
        endpoint.settle()
        assert client.answers() == [(packets.PUBACK, b"\x00\x01"), (packets.PUBACK, b"\x00\x02")]

    @both_versions
    @on_a_loop
    async def test_a_publish_over_the_clouds_limit_is_refused_and_noted_as_such(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"x" * LIMIT, 1, version=version))
        client.send(publish(b"x" * (LIMIT + 1), 2, version=version))
        assert [len(each.payload) for each in endpoint.taken] == [LIMIT]
        self.assert_refused(endpoint, client, version, 0x95, "a publish of 1,001 bytes, the limit is 1,000")
        assert endpoint.rejections[-1]["too_large"]

    @both_versions
    @on_a_loop
    async def test_a_packet_over_the_limit_is_refused_before_it_is_here(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"x" * 300_000, version=version)[:1_000])
        self.assert_refused(endpoint, client, version, 0x95, "packet of 300,0")
        assert (endpoint.rejections[-1]["topic"], endpoint.rejections[-1]["too_large"]) == ("t/d1", True)
        client.send(b"x" * 10_000)
        assert len(endpoint.rejections) == 1, "the rest is read and forgotten"

    @both_versions
    @on_a_loop
    async def test_qos_2_is_refused(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"1", qos=2, version=version))
        self.assert_refused(endpoint, client, version, 0x9B, "QoS 2, the highest is 1")
        assert endpoint.taken == []

    @both_versions
    @on_a_loop
    async def test_nothing_is_retained(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"1", flags=1, version=version))
        if version == V5:
            self.assert_refused(endpoint, client, version, 0x9A, "a retained message, none is kept")
        else:  # which cannot be told; IoT Core and IoT Hub take it too
            assert ([each.payload for each in endpoint.taken], client.ended) == ([b"1"], False)

    @both_versions
    @on_a_loop
    async def test_another_devices_topic_is_refused(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"1", 7, topic="t/d2", version=version) + publish(b"2", 8, version=version))
        (about,) = endpoint.rejections
        assert (about["who"], about["topic"], about["reason"]) == ("d1", "t/d2", "d1 may not publish to this topic")
        if version == V3:
            assert (client.ended, client.answers(), endpoint.taken) == (True, [], [])
            return
        endpoint.settle()
        (_, refused), (_, taken) = client.answers()
        assert (refused[:3], taken, client.ended) == (b"\x00\x07\x87", b"\x00\x08", False)
        assert reason_of(refused) == "d1 may not publish to this topic"

    @on_a_loop
    async def test_a_5_client_is_told_why_its_payload_is_not_taken(self) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=V5)
        client.send(publish(b"hello", 1, version=V5) + publish(b"1", 2, version=V5))
        endpoint.settle()
        (_, refused), (_, taken) = client.answers()
        assert (refused[:3], reason_of(refused), taken) == (b"\x00\x01\x99", "no JSON", b"\x00\x02")
        assert [each.payload for each in endpoint.taken] == [b"1"]
        assert endpoint.reasons() == ["no JSON"]

    @on_a_loop
    async def test_a_311_client_is_acknowledged_whatever_its_payload(self) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client()
        client.send(publish(b"hello"))
        endpoint.settle()
        assert ([each.payload for each in endpoint.taken], client.answers()) == (
            [b"hello"], [(packets.PUBACK, b"\x00\x01")]
        )  # fmt: skip

    @pytest.mark.parametrize(
        "properties", [b"\x17\x00", b"\x27\x00\x00\x00\x80"], ids=["asks for none", "takes little"]
    )
    @on_a_loop
    async def test_a_5_client_gets_words_only_if_it_takes_them(self, properties: bytes) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=V5, properties=properties)
        client.send(publish(b"hello", 1, version=V5))
        assert client.answers() == [(packets.PUBACK, b"\x00\x01\x99")]

    @both_versions
    @on_a_loop
    async def test_a_publish_that_comes_again_is_one(self, version: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client(version=version)
        client.send(publish(b"1", 5, version=version))
        endpoint.settle()
        client.transport.close()
        client = endpoint.client(version=version)
        client.send(publish(b"1", 5, version=version, flags=8))
        assert (len(endpoint.taken), client.answers()) == (1, [(packets.PUBACK, b"\x00\x05")])
        for again in (publish(b"2", 5, version=version, flags=8), publish(b"1", 5, version=version)):
            client.send(again)  # another content, or no DUP: a message of its own
        assert [each.payload for each in endpoint.taken] == [b"1", b"2", b"1"]

    @on_a_loop
    async def test_what_was_not_durable_when_it_came_again_is_taken_again(self) -> None:
        endpoint = RigEndpoint()
        endpoint.client().send(publish(b"1", 5))
        endpoint.client().send(publish(b"1", 5, flags=8))
        assert len(endpoint.taken) == 2

    @on_a_loop
    async def test_what_the_disk_refused_is_not_acknowledged(self) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client()
        client.send(publish(b"1"))
        endpoint.settle(OSError("disk full"))
        assert (client.answers(), client.ended) == ([], True)

    def assert_refused(self, endpoint: RigEndpoint, client: RigClient, version: int, code: int, reason: str) -> None:
        """Ended, noted, and a 5 client was told."""
        assert client.ended
        assert reason in endpoint.reasons()[-1]
        answers = client.answers()
        if version == V5:
            kind, body = answers[-1]
            assert (kind, body[0]) == (packets.DISCONNECT, code)
            assert reason in reason_of(body)
        else:
            assert [kind for kind, _ in answers] in ([], [packets.PUBACK])
