"""A function's queue: waiting records, the threads that work on them, redelivery and dead-lettering. One per function.

A delivery takes the waiting records, up to the batch limit:
at one message a second a batch is one message, under load it fills.
"""

import heapq
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.delivery.durability import Staged, when_all_durable
from twin2multicloud.emulator.delivery.environments import Environments, TimeLimitError
from twin2multicloud.emulator.delivery.journal import DeadLetterRecord, Journal, Record
from twin2multicloud.emulator.delivery.traffic import Meter
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.ports.clock import Clock
from twin2multicloud.wire.limits import FUNCTION_SECONDS, MAX_BODY_BYTES
from twin2multicloud.wire.retry import RetryPolicy

BATCH_RECORDS = 100
BATCH_MESSAGES = 200  # larger batches are not merged: it costs more than it gains
POLICY = RetryPolicy()

RECORD_STATES = {
    ("waiting", "is taken with a batch"): "in delivery",
    ("in delivery", "passes, and what the function staged is durable"): "done",
    ("in delivery", f"fails, up to {POLICY.retries} times"): "waiting again",
    ("waiting again", "its delay is over"): "waiting",
    ("in delivery", f"fails, the time after {POLICY.retries} retries"): "dead-lettered",
    ("dead-lettered", "is redriven"): "waiting",
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
        batch_records: int = BATCH_RECORDS,
        policy: RetryPolicy | None = None,
        seconds: float = FUNCTION_SECONDS,
        replaced: Callable[[str, int], None] = lambda *_: None,
    ) -> None:
        self.name, self.meter = name, Meter()
        self._cloud, self._journal, self._staged, self._clock = cloud, journal, staged, clock
        self._dead_letters, self._batch_records = dead_letters, batch_records
        self._policy = policy or POLICY
        self._chance = random.Random()  # noqa: S311 - jitter
        self._waiting: deque[Record] = deque()
        self._later: list[tuple[float, int, Record]] = []
        self._wake = threading.Condition()
        self._closing = False
        self._seconds, self._replaced = seconds, replaced
        self._environments: Environments[list[Record], set[int]] | None = None

    def start(self, function: Start, environments: int) -> None:
        """Start delivering to a function."""
        self._environments = Environments(
            self.name,
            take=self._take,
            call=partial(_call, function),
            settle=self._settle,
            overdue=self._overdue,
            seconds=self._seconds,
        )
        self._environments.start(environments)

    def deliver(self, records: Sequence[Record]) -> None:
        """Accept records that have become durable."""
        self.meter.came(sum(record.messages for record in records))
        self._push(records)

    def waiting(self) -> int:
        """Messages accepted and not yet done."""
        return max(0, self.meter.received - self.meter.done)

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
                if self._waiting:
                    return self._batch()
                self._wake.wait(wait)
        return None

    def _ripen(self) -> float | None:
        """Move due records; returns the seconds until the next one, None without any."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._waiting.append(heapq.heappop(self._later)[2])
        return self._later[0][0] - now if self._later else None

    def _batch(self) -> list[Record]:
        batch: list[Record] = []
        messages = size = 0
        while self._waiting and len(batch) < self._batch_records:
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

    def _settle(self, batch: Sequence[Record], failed: set[int]) -> None:
        """Finish records once the function's writes are durable; redeliver or dead-letter the failed ones."""
        staged = self._staged.take()
        passed = [record for index, record in enumerate(batch) if index not in failed]
        if passed:
            when_all_durable(staged, self._finisher(passed))
        for index in failed:
            self._again(batch[index])

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
            now = time.monotonic()
            for record in passed:
                self.meter.went(record.messages, now - record.accepted)
            self._journal.done(passed)

        return finish

    def _again(self, record: Record) -> None:
        wait = self._policy.delay(record.attempts, self._chance)
        record.attempts += 1
        if wait is None:
            self._bury(record)
            return
        with self._wake:
            heapq.heappush(self._later, (time.monotonic() + wait, id(record), record))
            self._wake.notify()

    def _bury(self, record: Record) -> None:
        dead_letter = DeadLetterRecord(
            dead_letter_queue=self._dead_letters,
            queue=self.name,
            at=self._clock.now(),
            error=f"{self.name} failed {record.attempts} times on {self._cloud}",
            messages=record.messages,
            body=record.body,
        )
        self.meter.died(record.messages)
        self._journal.bury(dead_letter).when_done(self._finisher([record]))


def _call(function: Start, batch: Sequence[Record]) -> set[int]:
    """The places of the records that failed; an entrypoint that raises has failed as a whole."""
    try:
        return set(function([record.body for record in batch]))
    except (Exception, TimeLimitError):
        return set(range(len(batch)))
