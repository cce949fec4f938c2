"""A function's queue: waiting records, the threads that work on them, redelivery and dead-lettering. One per function.

A delivery takes the waiting records, up to the batch limit: at one message a second a batch is one message, under load
it fills. One that exceeds the function's time is given up (`environments`), and its records come again, each alone.

While nothing passes (the other side is dark), all records wait, as on the clouds' queues: deliveries pause, and no
attempt is counted, up to the age that the queue keeps. A function that runs user code may end its process: there
every attempt counts.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.delivery.durability import Staged, when_all_durable
from twin2multicloud.emulator.delivery.environments import Environments, TimeLimitError
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.delivery.traffic import Meter
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.ports.clock import Clock
from twin2multicloud.wire.limits import FUNCTION_SECONDS, MAX_BODY_BYTES
from twin2multicloud.wire.retry import RetryPolicy

BATCH_RECORDS = 100
BATCH_MESSAGES = 200  # larger batches are not merged: it costs more than it gains
POLICY = RetryPolicy()
LONGEST_PAUSE = 10.0  # s: no longer than the first probe of a breaker, which a delivery makes
KEEPS = 14 * 24 * 3600.0
"""Seconds that a record waits, and a dead letter is kept: the longest that SQS keeps a message."""

RECORD_STATES = {
    ("waiting", "is taken with a batch"): "in delivery",
    ("in delivery", "passes, and what the function staged is durable"): "done",
    ("in delivery", "fails, and nothing has passed since it failed before"): "waiting",
    ("in delivery", f"fails while others pass, up to {POLICY.retries} times"): "waiting again",
    ("waiting again", "its delay is over"): "waiting",
    ("in delivery", f"fails while others pass, the time after {POLICY.retries} retries"): "dead-lettered",
    ("in delivery", f"fails, {KEEPS / 86400:g} days after it came"): "dead-lettered, to be sent again",
    ("dead-lettered", "is redriven"): "waiting",
    ("dead-lettered, to be sent again", "the other side answers"): "waiting",
}
"""The states of a record, for documents; a test walks a queue through all of them."""


class FunctionQueue:
    """Delivers records to one function. Dead-letters those that fail more often than the policy allows."""

    def __init__(
        self,
        *,
        name: str,
        cloud: Cloud,
        journal: Journal,
        staged: Staged,
        clock: Clock,
        dead_letters: str,
        policy: RetryPolicy | None = None,
        keeps: float = KEEPS,
        runs_user_code: bool = False,
        seconds: float = FUNCTION_SECONDS,
        replaced: Callable[[str, int], None] = lambda *_: None,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self.name, self.dead_letters, self.meter = name, dead_letters, Meter()
        self._cloud, self._journal, self._staged, self._clock = cloud, journal, staged, clock
        self._keeps, self._runs_user_code = keeps, runs_user_code
        self._policy = policy or POLICY
        self._machine, self._chance = machine, machine.chance()
        self._waiting: deque[Record] = deque()
        self._later: list[tuple[float, int, Record]] = []
        self._wake, self._numbers = machine.condition(), count()
        self._closing = False
        self._seconds, self._replaced = seconds, replaced
        self._environments: Environments[list[Record], set[int]] | None = None
        self._function: Start = _nothing_passes
        self._passes = 0  # deliveries of which something passed
        self._pause = self._paused_until = 0.0

    def start(self, function: Start, environments: int) -> None:
        """Start delivering to a function."""
        self._function = function
        self._environments = Environments(
            self.name,
            take=self._take,
            call=self._call,
            settle=self._settle,
            overdue=self._overdue,
            seconds=self._seconds,
            machine=self._machine,
        )
        self._environments.start(environments)

    def replace(self, function: Start) -> None:
        """Deliver to another function from the next batch on; the current ones end in the one that has them."""
        self._function = function

    def deliver(self, records: Sequence[Record]) -> None:
        """Accept records that have become durable."""
        self.meter.came(sum(record.messages for record in records))
        self._push(records)

    def waiting(self) -> int:
        """Messages accepted and not yet done."""
        return max(0, self.meter.received - self.meter.done)

    @property
    def takes_letters(self) -> bool:
        """Whether to send letters again: the other side answers, or nothing is left here that would ask it."""
        return not self._runs_user_code and (self._pause == 0 or self.waiting() == 0)

    def close(self, timeout: float = 10.0) -> None:
        """Stop after the current batches; waiting records are on disk."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._environments is not None:
            self._environments.close(timeout)

    def _push(self, records: Sequence[Record]) -> None:
        with self._wake:
            self._waiting.extend(records)
            self._wake.notify()

    def _take(self) -> list[Record] | None:
        """The next batch, waiting for one; None when the queue closes."""
        with self._wake:
            while not self._closing:
                wait = self._ripen()
                held = self._paused_until - self._machine.monotonic()
                if self._waiting and held <= 0:
                    return self._batch()
                self._wake.wait(held if self._waiting else wait)
        return None

    def _ripen(self) -> float | None:
        """Move due records; returns the seconds until the next one, None without any."""
        now = self._machine.monotonic()
        while self._later and self._later[0][0] <= now:
            self._waiting.append(heapq.heappop(self._later)[2])
        return self._later[0][0] - now if self._later else None

    def _batch(self) -> list[Record]:
        batch: list[Record] = []
        messages = size = 0
        while self._waiting and len(batch) < BATCH_RECORDS:
            record = self._waiting[0]
            fits = messages + record.messages <= BATCH_MESSAGES and size + len(record.body) <= MAX_BODY_BYTES
            if batch and (record.alone or not fits):
                break
            batch.append(self._waiting.popleft())
            if record.alone:
                break
            messages += record.messages
            size += len(record.body)
        if self._waiting:
            self._wake.notify()
        return batch

    def _call(self, batch: Sequence[Record]) -> set[int]:
        """The places of the records that failed; an entrypoint that raises has failed as a whole."""
        try:
            return set(self._function([record.body for record in batch]))
        except (Exception, TimeLimitError):
            return set(range(len(batch)))

    def _settle(self, batch: Sequence[Record], failed: set[int]) -> None:
        """Finish records once the function's writes are durable; the failed ones wait, come again or are buried."""
        staged = self._staged.take()
        passed = [record for index, record in enumerate(batch) if index not in failed]
        if passed:
            self._passes, self._pause = self._passes + 1, 0.0
            when_all_durable(staged, self._finisher(passed))
        if failed:
            self._failed([batch[index] for index in sorted(failed)])

    def _failed(self, records: Sequence[Record]) -> None:
        """Old records are buried; those that fail while others pass come again; the rest waits for the other side."""
        waiting = []
        for record in records:
            counts = self._runs_user_code or record.passes != self._passes
            record.passes = self._passes
            if not self._runs_user_code and self._machine.steady_seconds() - record.since > self._keeps:
                self._bury(record, f"{self.name} did not pass it on in {self._keeps:g} s on {self._cloud}", waited=True)
            elif counts:
                self._again(record)
            else:
                waiting.append(record)
        if waiting:
            self._hold(waiting)

    def _hold(self, records: Sequence[Record]) -> None:
        """Put records back in front, and pause: each time twice as long, until something passes."""
        with self._wake:
            self._waiting.extendleft(reversed(records))
            now = self._machine.monotonic()
            if now >= self._paused_until:
                self._pause = min(max(self._policy.first, 2 * self._pause), LONGEST_PAUSE)
                self._paused_until = now + self._pause

    def _overdue(self, batch: Sequence[Record]) -> None:
        """Redeliver what a given-up environment had, each alone: one of them may be what it cannot cope with."""
        reason = (
            f"{self.name} was not finished within {self._seconds:g} s on {self._cloud}; its environment was replaced"
        )
        self._replaced(reason, sum(record.messages for record in batch))
        for record in batch:
            record.alone = True
            self._again(record)

    def _finisher(self, passed: Sequence[Record]) -> Callable[[Exception | None], None]:
        def finish(error: Exception | None) -> None:
            if error is not None:
                for record in passed:
                    self._again(record)
                return
            now = self._machine.monotonic()
            for record in passed:
                self.meter.went(record.messages, now - record.accepted)
            self._journal.done(passed)

        return finish

    def _again(self, record: Record) -> None:
        wait = self._policy.delay(record.attempts, self._chance)
        record.attempts += 1
        if wait is None:
            self._bury(record, f"{self.name} failed {record.attempts} times on {self._cloud}")
            return
        with self._wake:
            heapq.heappush(self._later, (self._machine.monotonic() + wait, next(self._numbers), record))
            self._wake.notify()

    def _bury(self, record: Record, error: str, *, waited: bool = False) -> None:
        dead_letter = DeadLetterRecord(
            dead_letter_queue=self.dead_letters,
            queue=self.name,
            at=self._clock.now(),
            error=error,
            messages=record.messages,
            body=record.body,
            waited=waited,
        )
        self.meter.died(record.messages)
        self._journal.bury(dead_letter, record).when_done(self._finisher([record]))


def _nothing_passes(batch: Sequence[bytes]) -> Sequence[int]:
    return range(len(batch))
