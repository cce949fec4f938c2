"""A hot store as a `TelemetryWriter`: what a persister or hot-writer on the store's own cloud writes through."""

from collections.abc import Sequence

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.telemetry_writer import ItemError


class StoreWriter:
    """Writes batches. Where the store refuses one for good, each reading is tried by itself to find the culprit."""

    def __init__(self, store: HotStore) -> None:
        self._store = store

    def write_batch(self, readings: Sequence[Telemetry], trace_id: str) -> Sequence[ItemError]:
        """Write readings. Raises RetryableError: the caller's queue, or the other cloud, tries again."""
        try:
            self._store.write(readings)
        except FinalError as error:
            if len(readings) == 1:
                return [ItemError(0, str(error))]
            return [
                ItemError(index, failed.error)
                for index, reading in enumerate(readings)
                for failed in self.write_batch([reading], trace_id)
            ]
        return []
