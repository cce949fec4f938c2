"""Where a function hands readings on: a queue, a store, or an endpoint on another cloud. It need not know which."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.telemetry import Reading


class ItemError(msgspec.Struct, frozen=True):
    """One message of a batch that was not taken, by its place in the batch. `final`: it never will be."""

    index: int
    error: str
    final: bool = True


class TelemetryWriter(Protocol):
    """Takes readings, and answers for each one that it did not take."""

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """Write readings durably; returns what was not taken, an empty sequence when all was.

        Raises RetryableError: nobody knows what was taken, and the whole batch may be written again.
        """
        ...
