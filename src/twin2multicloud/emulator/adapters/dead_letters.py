"""The emulator's `DeadLetters`: the cloud's journal keeps them. Sends nothing again; `delivery.journal` does."""

from collections.abc import Callable, Sequence

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.invoker import records
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.kept import DeadLetterRecord
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.ports.dead_letters import DeadLetter


class JournalDeadLetters:
    """The `DeadLetters` of one function: records for the queue that they came from, each with its reason."""

    def __init__(
        self,
        name: str,
        queue: str,
        cloud: Cloud,
        journal: Journal,
        staged: Staged,
        on_dead: Callable[[int], None],
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._name, self._queue = name, queue
        self._journal, self._staged, self._on_dead = journal, staged, on_dead
        self._clock, self._records = machine, records(cloud, machine)

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        for body, error in self._records.of_dead_letters(dead_letters):
            kept = DeadLetterRecord(self._name, self._queue, self._clock.now(), error, 1, body)
            self._staged.add(self._journal.bury(kept))
        self._on_dead(len(dead_letters))
