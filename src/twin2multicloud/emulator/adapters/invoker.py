"""The emulator's `Invoker`: a native asynchronous invoke is a record in the cloud's journal. Delivers nothing."""

from collections.abc import Callable, Collection, Sequence

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.planning.clouds import pack
from twin2multicloud.stores.queue_records import Records


def records(cloud: Cloud, machine: Machine = THIS_MACHINE) -> Records:
    """The records of an emulated cloud's queues: what its own queue refuses is refused here."""
    return Records(cloud, machine, machine.chance(), pack(cloud).event_source().max_record_bytes)


class JournalInvoker:
    """An `Invoker` that appends to the cloud's journal; the host answers when that is durable.

    `note` is given each record.
    """

    def __init__(
        self,
        cloud: Cloud,
        journal: Journal,
        staged: Staged,
        queues: Collection[str],
        machine: Machine = THIS_MACHINE,
        note: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._note = note
        self._cloud, self._journal, self._staged, self._queues = cloud, journal, staged, queues
        self._records = records(cloud, machine)

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        if function not in self._queues:
            raise FinalError(f"function {function!r} has no queue on {self._cloud}")
        for body, count in self._records.counted(messages, trace_id):
            self._note(body)
            self._staged.add(self._journal.append(function, body, count))
