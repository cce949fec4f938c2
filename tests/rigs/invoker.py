"""Queues in memory that hold what real ones hold: encoded records, each within the wire's limits."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from tests.rigs.clock import START
from tests.rigs.readings import flats
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading, Telemetry
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.batches import cut

Batch = tuple[str, list[dict[str, Any]]]


class RigInvoker:
    """An `Invoker`. `queues` holds bodies by function name; `down` makes it refuse for now."""

    def __init__(self) -> None:
        self.queues: dict[str, list[bytes]] = defaultdict(list)
        self.down = False
        self.refuses: Callable[[Telemetry], bool] = lambda _: False

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        if self.down:
            raise RetryableError(f"the queue of {function} is dark")
        pieces, too_large = cut(messages)
        if too_large or any(self.refuses(message.flat) for message in messages):
            raise FinalError("a message is over the limit of one record")
        self.queues[function] += [
            queue_records.encode([encoded for _, encoded in piece], trace_id, START) for piece in pieces
        ]

    def batches(self, function: str) -> list[Batch]:
        """What a queue holds, as the function behind it would see it: flat objects, with the traces of their own."""
        records = [queue_records.decode(body) for body in self.queues[function]]
        return [(record.trace_id, flats(record.readings)) for record in records]

    def messages(self, function: str) -> list[dict[str, Any]]:
        return [message for _, messages in self.batches(function) for message in messages]


class InvokerRig:
    """What the contract suite needs to know of an adapter. `delivered` is what reached a function, as records."""

    def __init__(self) -> None:
        self.invoker = RigInvoker()

    def delivered(self, function: str) -> list[bytes]:
        return list(self.invoker.queues[function])

    def settle(self) -> None:
        """Wait until what was accepted is durable."""
