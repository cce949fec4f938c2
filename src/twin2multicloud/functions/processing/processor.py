"""Processor (L2): runs the user's code on each reading and hands the result on. Owns what user code may return."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.errors import Severity
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Telemetry, normalise
from twin2multicloud.functions.queueing import queue_each
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.wire.envelope import traced

UserProcessor = Callable[[Telemetry], object]
"""``process(telemetry)``: the reading to go on with, or None to drop it."""

FindProcessor = Callable[[str], UserProcessor | None]
"""The user's processor for a device id, if it has one."""


class Processor:
    """Takes batches. A reading on which the user's code fails is dead-lettered as it came; the others go on."""

    def __init__(
        self,
        *,
        find_processor: FindProcessor,
        invoker: Invoker,
        queues: Sequence[str],
        dead_letters: DeadLetters,
        reporter: Reporter,
        clock: Clock,
    ) -> None:
        self._find, self._invoker, self._queues = find_processor, invoker, queues
        self._dead_letters, self._reporter, self._clock = dead_letters, reporter, clock

    def __call__(self, messages: Sequence[Telemetry], trace_id: str) -> None:
        """Process a batch and queue the results. Raises RetryableError where they cannot be queued."""
        done: list[Telemetry] = []
        failed: list[DeadLetter] = []
        for message in messages:
            try:
                result = self._process(message)
            except Exception as error:
                failed.append(DeadLetter(traced(message, trace_id), f"{type(error).__name__}: {error}"))
            else:
                if result is not None:
                    done.append(result)
        if failed:
            self._give_up(failed)
        if done:
            self._hand_on(done, trace_id)

    def _hand_on(self, done: Sequence[Telemetry], trace_id: str) -> None:
        for queue in self._queues:
            refused = queue_each(self._invoker, queue, done, trace_id)
            if refused:
                self._give_up([DeadLetter(traced(done[each.index], trace_id), each.error) for each in refused])

    def _process(self, message: Telemetry) -> Telemetry | None:
        user_code = self._find(str(message["device_id"]))
        if user_code is None:
            return message
        result = user_code(dict(message))
        if result is None:
            return None
        if not isinstance(result, dict):
            raise InvalidTelemetryError(f"process() returns telemetry or None, returned {type(result).__name__}")
        # What the user's code left out of the reserved keys is as it was: the reading stays the same reading.
        kept = {key: message[key] for key in ("device_id", "timestamp", "message_id")}
        normal = normalise({**kept, **result}, now=self._clock.now())
        return {**normal, "trace_id": message["trace_id"]} if "trace_id" in message else normal

    def _give_up(self, failed: list[DeadLetter]) -> None:
        self._dead_letters.put(failed)
        first = failed[0]
        self._reporter.report(
            Severity.CRITICAL,
            "processor-failed",
            f"{len(failed)} messages went to the dead letters: {first.error}",
            raw=first.message,
        )
