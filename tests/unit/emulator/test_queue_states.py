"""A record goes through its queue as the table that is drawn says, along every arrow of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from twin2multicloud.emulator.delivery import kept
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.emulator.delivery.queues import KEEPS, POLICY, RECORD_STATES, FunctionQueue
from twin2multicloud.emulator.host.letters import RESENT_A_SECOND, CloudLetters
from twin2multicloud.wire.retry import RetryPolicy

TAKEN, PASSES, DARK, FAILS, DUE, FAILS_LAST, AGES, REDRIVEN, HOME = (event for _, event in RECORD_STATES)
AGAIN = [TAKEN, FAILS, DUE]
REFUSED = [*AGAIN * POLICY.retries, TAKEN, FAILS_LAST, REDRIVEN, TAKEN, PASSES]
OUTAGE = [TAKEN, DARK, TAKEN, DARK, TAKEN, PASSES]
TOO_LONG = [TAKEN, AGES, HOME, TAKEN, PASSES]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Bench:
    """A queue whose function fails on ``body`` while `dark`; `also` is done at each of these failures."""

    def __init__(self, folder: Path, *, keeps: float, runs_user_code: bool) -> None:
        self.dark, self.failures = True, 0
        self.also: Callable[[], object] = bool
        self.journal, staged = Journal(folder / "journal"), Staged()
        self.queue = FunctionQueue(
            name="f",
            cloud=AWS,
            journal=self.journal,
            staged=staged,
            clock=RigClock(),
            dead_letters="dead",
            policy=RetryPolicy(first=0.001, retries=POLICY.retries),
            keeps=keeps,
            runs_user_code=runs_user_code,
        )
        self.letters = CloudLetters(self.journal, staged, {"f": self.queue}, lambda: None)

    def function(self, bodies: Sequence[bytes]) -> list[int]:
        failed = [place for place, body in enumerate(bodies) if self.dark and body == b"body"]
        if failed:
            self.failures += 1
            self.also()
        return failed

    def dead(self) -> dict[str, int]:
        return self.journal.read(kept.counts)


@contextmanager
def bench(folder: Path, *, keeps: float = KEEPS, runs_user_code: bool = False) -> Iterator[Bench]:
    made = Bench(folder, keeps=keeps, runs_user_code=runs_user_code)
    made.journal.start(made.queue.deliver)
    made.queue.start(made.function, 1)
    made.journal.append("f", b"body", 1)
    yield made
    made.queue.close()
    made.journal.close()


def test_the_walks_of_this_file_take_every_arrow() -> None:
    walked = set()
    for events in (REFUSED, OUTAGE, TOO_LONG):
        state = "waiting"
        for event in events:
            walked.add((state, event))
            state = RECORD_STATES[state, event]
        assert state == "done"
    assert walked == set(RECORD_STATES)


def test_a_record_that_fails_while_others_pass_is_dead_lettered_and_can_be_redriven(tmp_path: Path) -> None:
    with bench(tmp_path) as there:
        there.also = lambda: there.journal.append("f", b"another", 1)
        until(lambda: there.dead() == {"dead": 1})
        assert there.failures >= 1 + POLICY.retries
        there.dark = False
        assert there.letters.send_home() == 0, "it was refused: it waits for its operator"
        (letter,) = there.letters.page("")
        assert (letter.waited, letter.reason) == (False, f"f failed {1 + POLICY.retries} times on aws")
        assert there.letters.redrive([letter.id]) == 1
        assert there.letters.redrive([letter.id]) == 0
        until(lambda: there.queue.waiting() == 0)
        assert (there.dead(), there.queue.meter.dead) == ({}, 0)
        assert there.queue.meter.received == there.queue.meter.done, "a redriven message is counted once"


def test_where_user_code_runs_every_failure_counts(tmp_path: Path) -> None:
    with bench(tmp_path, runs_user_code=True) as there:
        until(lambda: there.dead() == {"dead": 1})
        assert there.failures == 1 + POLICY.retries
        assert not there.queue.takes_letters


def test_while_nothing_passes_a_record_waits(tmp_path: Path) -> None:
    with bench(tmp_path) as there:
        until(lambda: there.failures > 2 * (1 + POLICY.retries))
        assert there.dead() == {}
        there.dark = False
        until(lambda: there.queue.meter.done == 1)
        assert (there.dead(), there.queue.meter.dead) == ({}, 0)


def test_a_record_older_than_its_queue_keeps_goes_home_when_the_other_side_answers(tmp_path: Path) -> None:
    with bench(tmp_path, keeps=0.0) as there:
        until(lambda: there.dead() == {"dead": 1})
        (letter,) = there.letters.page("")
        assert letter.waited
        there.dark = False
        assert there.letters.send_home() == 1
        until(lambda: there.queue.waiting() == 0)
        assert there.dead() == {}


def test_letters_go_home_oldest_first_and_so_many_at_once(tmp_path: Path) -> None:
    with bench(tmp_path) as there:
        until(lambda: there.failures > 1)
        buried = [f"letter {place:03}".encode() for place in range(RESENT_A_SECOND + 50)]
        for body in buried:
            there.journal.bury(DeadLetterRecord("dead", "f", "now", "too old", 1, body, waited=True))
        there.journal.report(b"{}").wait()  # all that was buried before it is durable
        assert there.letters.send_home() == 0, "the other side is dark"
        there.dark = False
        until(lambda: there.queue.waiting() == 0)
        assert there.letters.send_home() == RESENT_A_SECOND
        left = [each.letter.body for each in there.journal.read(kept.page, 0, 1_000)]
        assert left == buried[RESENT_A_SECOND:]
        assert there.letters.send_home() == 50
        until(lambda: there.queue.meter.done == 1 + len(buried))


def test_dropped_letters_are_gone(tmp_path: Path) -> None:
    with bench(tmp_path, keeps=0.0) as there:
        until(lambda: there.dead() == {"dead": 1})
        assert there.letters.drop(["1", "7"]) == 1
        assert there.letters.page("") == []
