"""What may wait at a cloud: bytes, age and the room on the disk are bounds; what was accepted is never lost to them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.emulator.delivery.backlog import Backlog, Bounds
from twin2multicloud.emulator.host import entrance as module
from twin2multicloud.emulator.host.entrance import Done, Entrance
from twin2multicloud.emulator.mqtt.service import Published

BOUNDS = Bounds(bytes=1_000, seconds=60, free_bytes=5_000_000)


class Bench:
    def __init__(self) -> None:
        self.now, self.free = 100.0, 50_000_000
        self.backlog = Backlog(Path("/"), BOUNDS, free=lambda _: self.free, clock=lambda: self.now)
        self.published: list[bytes] = []
        self.entrance = Entrance(self._publish, self.backlog)

    def _publish(self, publishes: Sequence[Published], done: Done) -> None:
        self.published += [each.payload for each in publishes]
        done(None)

    def accept(self, payload: bytes) -> bool:
        return self.entrance.accept([Published("d", payload)], lambda _: None)


def test_bytes_and_age_are_those_of_what_is_not_done() -> None:
    bench = Bench()
    for group, size in ((1, 400), (2, 300), (3, 200)):
        bench.backlog.add(group, size)
        bench.now += 10
    assert (bench.backlog.bytes, bench.backlog.seconds) == (900, 30)
    bench.backlog.remove([1, 3])
    assert (bench.backlog.bytes, bench.backlog.seconds) == (300, 20)
    bench.backlog.remove([2])
    assert (bench.backlog.bytes, bench.backlog.seconds, bench.backlog.full, bench.backlog.late) == (0, 0, None, None)


def test_each_bound_says_which_it_is() -> None:
    bench = Bench()
    bench.backlog.add(1, 1_001)
    assert "the bound is 0 MiB" in str(bench.backlog.full)
    bench.backlog.remove([1])
    assert bench.backlog.full is None
    bench.free, bench.now = 4_000_000, bench.now + 1
    assert "the disk has 4 MiB left, 5 MiB are kept free" in str(bench.backlog.full)
    bench.free, bench.now = 50_000_000, bench.now + 1
    bench.backlog.add(2, 1)
    bench.now += 61
    assert bench.backlog.full is None
    assert "the oldest message has waited 61 s, the bound is 60 s" in str(bench.backlog.late)


def test_what_does_not_fit_waits_in_its_order_and_is_taken_when_there_is_room() -> None:
    async def scenario() -> None:
        bench = Bench()
        assert bench.accept(b"1")
        bench.backlog.add(1, 1_001)
        assert [bench.accept(each) for each in (b"2", b"3")] == [False, False]
        await asyncio.sleep(0.05)
        assert bench.published == [b"1"]
        bench.backlog.remove([1])
        assert not bench.accept(b"4"), "not before those who wait"
        await asyncio.sleep(0.05)
        assert bench.published == [b"1", b"2", b"3", b"4"]
        assert bench.accept(b"5")

    asyncio.run(scenario())


def test_acknowledgements_slow_down_where_the_oldest_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SLOW_SECONDS", 0.3)

    async def scenario() -> None:
        bench = Bench()
        bench.backlog.add(1, 1)
        bench.now += 61
        assert not bench.accept(b"1")
        await asyncio.sleep(0.03)
        assert bench.published == []
        await asyncio.sleep(0.4)
        assert bench.published == [b"1"]

    asyncio.run(scenario())


def test_a_request_waits_for_room_and_is_asked_to_come_again_if_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.05)

    async def scenario() -> None:
        bench = Bench()
        await bench.entrance.room()
        bench.backlog.add(1, 1_001)
        with pytest.raises(RetryableError, match="too much waits here"):
            await bench.entrance.room()
        asyncio.get_running_loop().call_later(0.02, bench.backlog.remove, [1])
        await bench.entrance.room()

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [None, RetryableError("no disk")])
def test_what_comes_in_one_turn_is_passed_on_as_one_and_all_hear_of_its_end(error: Exception | None) -> None:
    passed: list[list[bytes]] = []
    heard: list[tuple[bytes, Exception | None]] = []

    def publish(publishes: Sequence[Published], done: Done) -> None:
        passed.append([each.payload for each in publishes])
        done(error)

    async def scenario() -> None:
        entrance = Entrance(publish, Bench().backlog)

        def accept(*payloads: bytes) -> None:
            entrance.accept([Published("d", each) for each in payloads], lambda e: heard.append((payloads[0], e)))

        accept(b"1", b"2")
        accept(b"3")
        await asyncio.sleep(0.01)
        accept(*[b"n"] * 1_500)
        assert len(passed) == 2, "so many are not kept until the turn ends"
        accept(b"4")
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert passed == [[b"1", b"2", b"3"], [b"n"] * 1_500, [b"4"]]
    assert heard == [(b"1", error), (b"3", error), (b"n", error), (b"4", error)]
