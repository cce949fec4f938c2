"""Where a function writes readings: a queue, a store, or an endpoint on another cloud, behind one interface."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from twin2multicloud.domain.telemetry import Reading


class ItemError(msgspec.Struct, frozen=True):
    """One refused message of a batch, by its index. `final`: a retry would fail as well."""

    index: int
    error: str
    final: bool = True


class TelemetryWriter(Protocol):
    """Writes readings, and returns an error for each one that it refused."""

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """Write readings durably; returns the refused ones, an empty sequence if there are none.

        Raises RetryableError: what was written is unknown, and the whole batch may be written again.
        """
        ...
