"""The `TelemetryWriter`s that functions are composed of, and the handling of readings that a writer refuses.

A writer for another cloud is `wire.sender.Sender`. Retries are the writer's; an exception brings the batch again.
"""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import FinalError, OutageError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter


class QueueWriter:
    """Writes to the queue of a function on this cloud."""

    def __init__(self, invoker: Invoker, queue: str) -> None:
        self._invoker, self._queue = invoker, queue

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """See `ports.telemetry_writer.TelemetryWriter.write_batch`."""
        return _write(lambda part: self._invoker.invoke(self._queue, part, trace_id), readings)


class StoreWriter:
    """Writes to a hot store on this cloud."""

    def __init__(self, store: HotStore) -> None:
        self._store = store

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:  # noqa: ARG002 - the port has it
        """See `ports.telemetry_writer.TelemetryWriter.write_batch`."""
        return _write(self._store.write, readings)


def _write(write: Callable[[Sequence[Reading]], None], readings: Sequence[Reading], at: int = 0) -> list[ItemError]:
    """Write a batch; where it is refused for good, halve it until each refused reading is isolated.

    What was written before a refusal is written again: stores are idempotent. Raises RetryableError.
    """
    try:
        write(readings)
    except FinalError as error:
        if len(readings) == 1:
            return [ItemError(at, str(error))]
        half = len(readings) // 2
        return [*_write(write, readings[:half], at), *_write(write, readings[half:], at + half)]
    return []


_KEYS_IN_A_LINE = 100  # a batch may hold a thousand; Azure cuts a line at 32 KiB


class KeyLog:
    """A writer that logs the key of each reading before it writes it (``mode: debug``), in lines of up to 100 keys."""

    def __init__(self, writer: TelemetryWriter, name: str, log: Callable[[str], None]) -> None:
        self._writer, self._name, self._log = writer, name, log

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """See `ports.telemetry_writer.TelemetryWriter.write_batch`."""
        for start in range(0, len(readings), _KEYS_IN_A_LINE):
            keys = ", ".join(map(_key, readings[start : start + _KEYS_IN_A_LINE]))
            self._log(f"{self._name}: trace {trace_id}: {keys}")
        return self._writer.write_batch(readings, trace_id)


def _key(reading: Reading) -> str:
    key = reading.key
    own = f" trace {key.trace_id}" if key.trace_id else ""
    return f"{key.device_id} {key.timestamp} {key.message_id}{own}"


class Undeliverable:
    """Dead-letters undeliverable readings, and reports those of a batch as one event."""

    def __init__(self, dead_letters: DeadLetters, reporter: Reporter, code: ErrorCode) -> None:
        self._dead_letters, self._reporter, self._code = dead_letters, reporter, code

    def keep(self, failed: Sequence[tuple[Reading, str]], total: int, trace_id: str) -> None:
        """Dead-letter readings of a batch of `total`, each with its reason. Raises RetryableError if that fails."""
        traced = [(reading.traced(trace_id), error) for reading, error in failed]
        self._dead_letters.put([DeadLetter(reading, error) for reading, error in traced])
        first, error = traced[0]
        self._reporter.report(
            self._code,
            f"{len(failed)} of {total} messages went to the dead letters: {error}",
            raw=first.encoded,
            count=len(failed),
            trace_id=first.key.trace_id,
        )

    def waits(self, count: int, total: int, error: str, trace_id: str) -> None:
        """Report that messages of a batch stay in the queue."""
        self._reporter.report(
            self._code, f"{count} of {total} messages wait in the queue: {error}", count=count, trace_id=trace_id
        )


class HandOver:
    """Passes batches to a writer, and dead-letters what it refuses for good. The rest waits in the queue."""

    def __init__(self, writer: TelemetryWriter, undeliverable: Undeliverable) -> None:
        self._writer, self._undeliverable = writer, undeliverable

    def __call__(self, messages: Sequence[Reading], trace_id: str) -> None:
        """Write a batch. Raises RetryableError while the writer, or the dead letters, accept nothing for now.

        OutageError: that is reported.
        """
        failed = self._writer.write_batch(messages, trace_id)
        waiting = [item for item in failed if not item.final]
        if waiting:  # all of it comes again: a letter written now would be written twice
            self._undeliverable.waits(len(waiting), len(messages), waiting[0].error, trace_id)
            raise OutageError(waiting[0].error)
        if failed:
            pairs = [(messages[item.index], item.error) for item in failed]
            self._undeliverable.keep(pairs, len(messages), trace_id)
