"""Dead letters on Azure: a storage queue of their own, beside the host's ``<queue>-poison``."""

from collections.abc import Sequence

from twin2multicloud.clouds.azure.queue import MAX_RECORD_BYTES, Queue, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.queue_records import Records


class StorageQueueDeadLetters:
    """A `DeadLetters`."""

    def __init__(self, queue: Queue, clock: Clock, chance: Chance) -> None:
        self._queue = queue
        self._records = Records(Cloud("azure"), clock, chance, MAX_RECORD_BYTES)

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        records = self._records.of_dead_letters(dead_letters)
        send(self._queue, [record for record, _ in records])
