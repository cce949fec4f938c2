"""One client of the MQTT endpoint harms no other, and whatever it sends is taken and acknowledged, or refused."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.event_loop import on_a_loop
from tests.rigs.mqtt import LIMIT, V3, V5, RigClient, RigEndpoint, publish
from twin2multicloud.emulator.mqtt import packets


class TestOneClientHarmsNoOther:
    @on_a_loop
    async def test_whoever_does_not_read_answers_is_not_read_and_then_closed(self, monkeypatch) -> None:
        monkeypatch.setattr("twin2multicloud.emulator.mqtt.endpoint._UNSENT_SECONDS", 0.01)
        endpoint = RigEndpoint()
        slow, dead = endpoint.client("d1"), endpoint.client("d2")
        for each in (slow, dead):
            each.connection.pause_writing()  # as a transport does over its limit
            assert each.transport.paused
        slow.connection.resume_writing()
        assert not slow.transport.paused
        await asyncio.sleep(0.03)
        assert (slow.ended, dead.ended) == (False, True)
        assert endpoint.reasons() == ["it has not read its answers for 0.01 s"]

    @pytest.mark.parametrize(("payload", "below"), [(b"x", 25), (b"x" * LIMIT, 20)], ids=["count", "bytes"])
    @on_a_loop
    async def test_what_one_client_has_in_flight_is_bounded(self, payload: bytes, below: int) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client()
        for _ in range(below):
            client.send(publish(payload) * 200)
        assert not client.transport.paused
        client.send(publish(payload) * 200)
        assert client.transport.paused
        endpoint.settle()
        assert not client.transport.paused

    @on_a_loop
    async def test_some_hundred_packets_are_a_turn(self) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client()
        client.send(publish(b"x") * 600)
        turns = []
        while len(endpoint.taken) < 600:
            turns.append((len(endpoint.taken), client.transport.paused))
            await asyncio.sleep(0)
        assert turns == [(250, True), (500, True)]
        assert not client.transport.paused

    @on_a_loop
    async def test_a_client_is_not_read_while_too_much_waits(self) -> None:
        endpoint = RigEndpoint()
        endpoint.holds_back = True
        client = endpoint.client()
        client.send(publish(b"1"))
        assert client.transport.paused
        endpoint.settle()
        assert (client.transport.paused, client.answers()) == (False, [(packets.PUBACK, b"\x00\x01")])

    @on_a_loop
    async def test_one_addresss_unsigned_connections_are_bounded_and_the_oldest_gives_way(self, monkeypatch) -> None:
        monkeypatch.setattr("twin2multicloud.emulator.mqtt.service.UNSIGNED_PER_ADDRESS", most := 100)
        endpoint = RigEndpoint()
        known = endpoint.client()
        crowd = [RigClient(endpoint) for _ in range(most)]
        other = RigClient(endpoint, "10.0.0.8")
        assert not any(each.ended for each in crowd)
        newest = endpoint.client("d2")
        assert [each.ended for each in crowd] == [True] + [False] * (most - 1)
        assert not any(each.ended for each in (known, other, newest))
        assert "have not signed in" in endpoint.reasons()[0]
        RigClient(endpoint)
        assert not crowd[1].ended, "the newest has signed in and counts no more"

    @on_a_loop
    async def test_connections_have_a_limit(self) -> None:
        endpoint = RigEndpoint(max_connections=2)
        first, second = endpoint.client("d1"), endpoint.client("d2")
        assert RigClient(endpoint).ended
        first.transport.close()
        assert not RigClient(endpoint).ended
        assert not second.ended

    @on_a_loop
    async def test_whoever_is_silent_is_closed_unless_it_is_not_read(self) -> None:
        endpoint = RigEndpoint()
        silent, waiting = endpoint.client("d1", keepalive=1), endpoint.client("d2", keepalive=1)
        for each in (silent, waiting):
            each.connection._keepalive = 0.02  # seconds, which a CONNECT cannot say so short
        waiting.connection.pause_writing()
        for each in (silent, waiting):
            each.connection._watch()
        await asyncio.sleep(0.15)
        assert (silent.ended, waiting.ended) == (True, False)

    @on_a_loop
    async def test_whoever_sends_no_connect_is_closed(self, monkeypatch) -> None:
        monkeypatch.setattr("twin2multicloud.emulator.mqtt.endpoint._CONNECT_SECONDS", 0.01)
        endpoint = RigEndpoint()
        known, silent = endpoint.client(), RigClient(endpoint)
        await asyncio.sleep(0.03)
        assert (known.ended, silent.ended) == (False, True)

    @on_a_loop
    async def test_the_topics_of_one_packet_are_bounded(self) -> None:
        endpoint = RigEndpoint()
        client = endpoint.client()
        client.send(packets.packet(packets.SUBSCRIBE, b"\x00\x01" + b"\x00\x01t\x01" * 100))
        ((kind, body),) = client.answers()
        assert (kind, body) == (packets.SUBACK, b"\x00\x01" + b"\x80" * 100)
        client.send(packets.packet(packets.SUBSCRIBE, b"\x00\x01" + b"\x00\x01t\x01" * 101))
        assert (client.ended, endpoint.reasons()) == (True, ["more than 100 topics in one packet"])


PAYLOADS = st.sampled_from([b"1", b"2", b"hello", b"x" * LIMIT, b"x" * (LIMIT + 1), b""])
TOPICS = st.sampled_from(["t/d1", "t/d1", "t/d1", "t/d2"])
OTHERS = st.sampled_from([b"\xc0\x00", b"\x82\x06\x00\x01\x00\x01t\x00", b"\xff\x00", b"\x32\x00", b"\xe0\x00"])


class TestWhateverIsSent:
    @pytest.mark.parametrize("version", [V3, V5], ids=["3.1.1", "5"])
    @given(
        sent=st.lists(st.tuples(PAYLOADS, TOPICS) | OTHERS, max_size=12),
        cuts=st.lists(st.integers(1, 1_500), min_size=1, max_size=5),
    )
    def test_what_is_acknowledged_was_taken_however_the_bytes_are_cut(
        self, version: int, sent: list[Any], cuts: list[int]
    ) -> None:
        stream = [
            each if isinstance(each, bytes) else publish(each[0], number + 1, topic=each[1], version=version)
            for number, each in enumerate(sent)
        ]

        async def heard(parts: list[bytes]) -> tuple[list[bytes], list[int], bool]:
            """What was taken, the packet ids that were acknowledged, and whether the connection ended."""
            endpoint = RigEndpoint()
            client = endpoint.client(version=version)
            for part in parts:
                client.send(part)
                endpoint.settle()
            bodies = [body for kind, body in client.answers() if kind == packets.PUBACK and len(body) == 2]
            return [each.payload for each in endpoint.taken], [body[1] for body in bodies], client.ended

        whole = b"".join(stream)
        ends = [0, *itertools.accumulate(itertools.islice(itertools.cycle(cuts), len(whole)))]
        taken, acknowledged, ended = asyncio.run(heard(stream))
        assert [sent[each - 1][0] for each in acknowledged] == taken
        cut_taken, cut_acknowledged, cut_ended = asyncio.run(heard([whole[a:b] for a, b in itertools.pairwise(ends)]))
        assert (cut_taken, cut_ended) == (taken, ended)
        assert cut_acknowledged == acknowledged[: len(cut_acknowledged)]
        assert ended or cut_acknowledged == acknowledged

    @given(st.binary(max_size=200))
    def test_any_bytes_end_the_connection_or_are_answered(self, data: bytes) -> None:
        async def scenario() -> None:
            endpoint = RigEndpoint()
            RigClient(endpoint).send(data)
            endpoint.client().send(data)
            assert all(each.device_id == "d1" for each in endpoint.taken)

        asyncio.run(scenario())
