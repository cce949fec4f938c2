"""Processor (L2): runs user code on each reading and sends the results on. Owns how user code is called."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import described
from twin2multicloud.domain.telemetry import Reading, Telemetry
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
        clock=parts.ports.clock,
    )
    return parts.queue_function(processor)


class Processor:
    """Processes batches. A reading on which user code fails is dead-lettered unchanged; the others are sent on."""

    def __init__(
        self,
        *,
        find_processor: FindProcessor | None,
        writers: Sequence[TelemetryWriter],
        undeliverable: Undeliverable,
        clock: Clock,
    ) -> None:
        self._find, self._writers = find_processor, writers
        self._undeliverable, self._clock = undeliverable, clock

    def __call__(self, messages: Sequence[Reading], trace_id: str) -> None:
        """Process a batch and send the results on. Raises RetryableError if no queue accepts them."""
        sources: list[Reading] = []
        results: list[Reading] = []
        failed: list[tuple[Reading, str]] = []
        for message in messages:
            try:
                result = self._process(message)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # user code may also call sys.exit()
                failed.append((message, described(error)))
            else:
                if result is not None:
                    sources.append(message)
                    results.append(result)
        if failed:
            self._undeliverable.keep(failed, len(messages), trace_id)
        for writer in self._writers if results else ():
            refused = writer.write_batch(results, trace_id)
            if refused:  # a result too large for a queue is too large for the dead letters; the message is not
                pairs = [(sources[item.index], item.error) for item in refused]
                self._undeliverable.keep(pairs, len(messages), trace_id)

    def _process(self, message: Reading) -> Reading | None:
        user_code = None if self._find is None else self._find(message.key.device_id)
        if user_code is None:
            return message
        return from_user_code(user_code(message.flat), message, self._clock.now())
