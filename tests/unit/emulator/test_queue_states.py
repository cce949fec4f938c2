"""A record goes through its queue as the table that is drawn says, along every arrow of it."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.queues import POLICY, RECORD_STATES, FunctionQueue
from twin2multicloud.wire.retry import RetryPolicy

TAKEN, PASSES, FAILS, DUE, FAILS_LAST, REDRIVEN = (event for _, event in RECORD_STATES)
AGAIN = [TAKEN, FAILS, DUE]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_record_walks_the_table(tmp_path: Path) -> None:
    to_dead_letters = [*AGAIN * POLICY.retries, TAKEN, FAILS_LAST]
    events = [*to_dead_letters, REDRIVEN, *AGAIN, TAKEN, PASSES]
    walked, state = set(), "waiting"
    for event in events:
        walked.add((state, event))
        state = RECORD_STATES[state, event]
    assert state == "done"
    assert walked == set(RECORD_STATES)

    outcomes = [event in (FAILS, FAILS_LAST) for event in events if event in (PASSES, FAILS, FAILS_LAST)]
    before_redrive = to_dead_letters.count(TAKEN)
    calls = 0

    def function(bodies: list[bytes]) -> set[int]:
        nonlocal calls
        assert bodies == [b"body"]
        calls += 1
        return {0} if outcomes[calls - 1] else set()

    journal, policy = Journal(tmp_path / "journal"), RetryPolicy(first=0.001, retries=POLICY.retries)
    queue = FunctionQueue(
        name="f", cloud=AWS, journal=journal, staged=Staged(), clock=RigClock(), dead_letters="dead", policy=policy
    )
    journal.start(queue.deliver)
    queue.start(function, 1)
    try:
        journal.append("f", b"body", 1)
        until(lambda: journal.dead_letters() == {"dead": 1})
        assert calls == before_redrive
        assert journal.redrive() == 1
        assert journal.dead_letters() == {}
        until(lambda: queue.meter.done == 2)  # what is dead-lettered is done with, too
        assert (calls, queue.meter.dead) == (len(outcomes), 1)
    finally:
        queue.close()
        journal.close()
