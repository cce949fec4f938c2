"""Reaching the next function on Azure: its storage queue, which the Functions host reads. Named by its queue."""

from collections.abc import Callable, Sequence

from twin2multicloud.clouds.azure.queue import MAX_RECORD_BYTES, Queue, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.stores.queue_records import Records


class StorageQueueInvoker:
    """An `Invoker`. `queue` makes the client of a queue, by name. A storage account answers when it has three copies.

    What one message cannot hold is cut; a single reading of more than 48 KiB is refused for good.
    """

    def __init__(self, queue: Callable[[str], Queue], clock: Clock, chance: Chance) -> None:
        self._queue = queue
        self._records = Records(Cloud("azure"), clock, chance, MAX_RECORD_BYTES)

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        send(self._queue(function), self._records.of_batch(messages, trace_id))
