"""What the dashboard reads of a running twin. Owns the Protocol only."""

from collections.abc import Sequence
from typing import Protocol

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.operations.dead_letters import LetterGroup
from twin2multicloud.operations.error_events import ErrorGroup


class TwinView(Protocol):
    """A running twin, as a reader. Calls block; each raises `TwinError` with one sentence where there is no answer."""

    def latest(
        self, device_id: str, properties: Sequence[str], *, undeclared: bool = False
    ) -> dict[str, tuple[str | None, Scalar]]:
        """The latest value of each property that has one: its timestamp (None for a constant) and the value.

        With `undeclared` also of those that the device's type does not declare.
        """
        ...

    def oldest(self, device_id: str, properties: Sequence[str]) -> str | None:
        """The time of the first reading that can be read; None where there is none."""
        ...

    def history(
        self,
        device_id: str,
        properties: Sequence[str],
        start: str,
        end: str,
        max_points: int = 5000,
        *,
        every: str | None = None,
        aggregate: str | None = None,
    ) -> dict[str, list[tuple[str, Scalar]]]:
        """(timestamp, value) of each property, oldest first, from (start, end]; at most the newest `max_points`
        altogether.

        With `every`, as in ``5m``, one value for each bucket of that length, under the time of its beginning.
        """
        ...

    def statuses(self) -> tuple[CloudStatus, ...]:
        """Every cloud of the placement; one that does not answer is not `running`."""
        ...

    def boundaries(self, statuses: Sequence[CloudStatus] | None = None) -> tuple[BoundaryStatus, ...]:
        """Every boundary of the topology, with what has passed it; from `statuses` where they are at hand."""
        ...

    def kept(self) -> tuple[list[LetterGroup], list[ErrorGroup]]:
        """Dead letters and error events, each by reason; of clouds that do not answer there are none."""
        ...

    def events(self) -> list[KeptEvent]:
        """The newest events of its rules, newest first; none where it has no rules."""
        ...

    def acknowledge(self, event_id: str, note: str) -> bool:
        """Note that somebody has seen an event; False where somebody had before."""
        ...
