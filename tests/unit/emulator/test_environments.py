"""Execution environments: a function that does not come back is interrupted or given up, and the queue goes on."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from twin2multicloud.emulator.delivery import environments, kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.environments import TimeLimitError
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.queues import FunctionQueue
from twin2multicloud.wire.retry import RetryPolicy


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Bench:
    """A queue with one environment, whose function takes records apart in `handle`."""

    def __init__(self, folder: Path, handle: Callable[[bytes], None]) -> None:
        self.batches: list[list[bytes]] = []
        self.replaced: list[tuple[str, int]] = []
        self._handle = handle
        self.journal = Journal(folder / "journal")
        self.queue = FunctionQueue(
            name="f",
            cloud=AWS,
            journal=self.journal,
            staged=Staged(),
            clock=RigClock(),
            dead_letters="dead",
            policy=RetryPolicy(first=0.001, retries=1),
            seconds=0.1,
            runs_user_code=True,
            replaced=lambda reason, count: self.replaced.append((reason, count)),
        )

    def _function(self, bodies: list[bytes]) -> set[int]:
        self.batches.append(bodies)
        failed = set()
        for place, body in enumerate(bodies):
            try:
                self._handle(body)
            except BaseException:  # as the processor has it: user code may raise anything
                failed.add(place)
        return failed

    def deliver(self, *bodies: bytes) -> None:
        for body in bodies:
            group = self.journal.append("f", body, 1)
        group.wait()
        self.journal.start(self.queue.deliver)
        self.queue.start(self._function, 1)

    def close(self) -> None:
        self.queue.close(1)
        self.journal.close()


def test_a_function_that_spins_is_interrupted_and_the_others_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_GRACE_SECONDS", 60.0)  # a busy machine: it is reached, however late

    def handle(body: bytes) -> None:
        while body.startswith(b"spins"):
            pass

    bench = Bench(tmp_path, handle)
    bench.deliver(b"1", b"spins", b"2", b"spins too", b"3")
    until(lambda: bench.queue.meter.done == 5)
    assert bench.journal.read(kept.counts) == {"dead": 2}
    assert bench.replaced == [], "the thread was reached"
    assert bench.batches[0] == [b"1", b"spins", b"2", b"spins too", b"3"]
    assert {body for batch in bench.batches[1:] for body in batch} == {b"spins", b"spins too"}
    bench.close()


def test_a_function_that_waits_for_ever_is_given_up_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_GRACE_SECONDS", 0.1)
    never = threading.Lock()
    never.acquire()

    def handle(body: bytes) -> None:
        if body == b"waits":
            with never:  # in the operating system: no exception reaches it
                pass

    bench = Bench(tmp_path, handle)
    bench.deliver(b"1", b"waits", b"2")
    until(lambda: bench.queue.meter.done == 3)
    assert bench.journal.read(kept.counts) == {"dead": 1}
    assert bench.batches[0] == [b"1", b"waits", b"2"]
    assert sorted(bench.batches[1:]) == [[b"1"], [b"2"], [b"waits"]], "each alone"
    assert bench.replaced[0] == ("f was not finished within 0.1 s on aws; its environment was replaced", 3)
    assert [count for _, count in bench.replaced] == [3, 1]
    bench.close()
    never.release()


def test_what_a_given_up_environment_does_later_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "_GRACE_SECONDS", 0.1)
    gate = threading.Lock()
    gate.acquire()
    waits = [True]

    def handle(_body: bytes) -> None:
        if waits and waits.pop():
            gate.acquire()

    bench = Bench(tmp_path, handle)
    bench.deliver(b"1")
    (given_up,) = [each for each in threading.enumerate() if each.name == "f-0"]
    until(lambda: bench.queue.meter.done == 1)
    assert given_up.is_alive()
    gate.release()
    until(lambda: not given_up.is_alive())
    assert bench.queue.meter.done == 1
    assert bench.journal.read(kept.counts) == {}
    bench.close()


def test_the_interruption_says_what_it_is() -> None:
    assert str(TimeLimitError()) == "not finished within the function's time limit"
