"""Processor (L2): runs user code on each reading and sends the results on. Owns how user code is called."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import described, line_in
from twin2multicloud.domain.telemetry import Reading, Telemetry
from twin2multicloud.functions.declared_types import DeclaredTypes
from twin2multicloud.functions.readings import from_user_code
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.functions.writers import Undeliverable
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.environment import optional_env, require_env

UserProcessor = Callable[[Telemetry], object]
"""``process(telemetry)``: the reading to go on with, or None to drop it."""

FindProcessor = Callable[[str], UserProcessor | None]
"""The user's processor for a device id, if it has one."""

_FAN_OUT = ("TWIN_UPDATER_QUEUE", "EVENT_CHECKER_QUEUE")
"""What a processor feeds beside the persister, where the topology has it."""


def build(parts: Parts) -> Function:
    """Queue -> user code -> the persister's queue, and the others of `_FAN_OUT`."""
    queues = [require_env(parts.env, "PERSISTER_QUEUE")]
    queues += [queue for name in _FAN_OUT if (queue := optional_env(parts.env, name))]
    processor = Processor(
        find_processor=parts.ports.find_processor,
        writers=[parts.queue_writer(queue) for queue in queues],
        undeliverable=parts.undeliverable(ErrorCode.PROCESSOR_FAILED),
        types=DeclaredTypes(parts.ports.catalog, parts.reporter, parts.ports.clock),
        clock=parts.ports.clock,
    )
    return parts.queue_function(processor)


class Processor:
    """Processes batches, and holds the results to their types.

    A reading on which user code fails, or that a strict project refuses, is dead-lettered unchanged; the others are
    sent on.
    """

    def __init__(
        self,
        *,
        find_processor: FindProcessor | None,
        writers: Sequence[TelemetryWriter],
        undeliverable: Undeliverable,
        types: DeclaredTypes,
        clock: Clock,
    ) -> None:
        self._find, self._writers = find_processor, writers
        self._undeliverable, self._types, self._clock = undeliverable, types, clock

    def __call__(self, messages: Sequence[Reading], trace_id: str) -> None:
        """Process a batch and send the results on. Raises RetryableError if no queue accepts them."""
        failed: list[tuple[Reading, str]] = []
        left_out: list[str] = []
        pairs = [(each, done) for each in messages if (done := self._process(each, failed, left_out)) is not None]
        held = self._types.hold([done for _, done in pairs], left_out)
        sources: list[Reading] = []
        results: list[Reading] = []
        for (source, _), outcome in zip(pairs, held.outcomes, strict=True):
            if isinstance(outcome, Reading):
                sources.append(source)
                results.append(outcome)
            else:
                failed.append((source, str(outcome)))
        if failed:
            self._undeliverable.keep(failed, len(messages), trace_id)
        for writer in self._writers if results else ():
            refused = writer.write_batch(results, trace_id)
            if refused:  # a result too large for a queue is too large for the dead letters; the message is not
                too_large = [(sources[item.index], item.error) for item in refused]
                self._undeliverable.keep(too_large, len(messages), trace_id)
        self._types.report(held)

    def _process(self, message: Reading, failed: list[tuple[Reading, str]], left_out: list[str]) -> Reading | None:
        """What the user's code makes of a reading; None where it drops it, or fails."""
        user_code = None if self._find is None else self._find(message.key.device_id)
        if user_code is None:
            return message
        try:
            return from_user_code(user_code(message.flat), message, self._clock.now(), left_out)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # user code may also call sys.exit()
            failed.append((message, described(error) + _place(error, user_code)))
            return None


def _place(error: BaseException, user_code: UserProcessor) -> str:
    """Where in the user's file an error came from, as it stands behind its text."""
    file = getattr(getattr(user_code, "__code__", None), "co_filename", "")
    line = line_in(error, file)
    return f" ({file.rpartition('/')[2]}, line {line})" if line else ""
