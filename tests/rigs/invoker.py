"""Queues in memory that hold what real ones hold: encoded envelopes, each within the wire's limits."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from tests.rigs.clock import START
from tests.rigs.clouds import AWS
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.wire import envelope
from twin2multicloud.wire.batches import cut

Batch = tuple[str, list[Telemetry]]


class RigInvoker:
    """An `Invoker`. `queues` holds bodies by function name; `down` makes it refuse for now."""

    def __init__(self) -> None:
        self.queues: dict[str, list[bytes]] = defaultdict(list)
        self.down = False
        self.refuses: Callable[[Telemetry], bool] = lambda _: False

    def invoke(self, function: str, messages: Sequence[Telemetry], trace_id: str) -> None:
        if self.down:
            raise RetryableError(f"the queue of {function} is dark")
        for piece, too_large in cut(messages):
            if too_large or any(map(self.refuses, messages)):
                raise FinalError("a message is over the limit of one envelope")
            body = envelope.encode(
                [raw for _, raw in piece],
                source_cloud=AWS,
                target_layer=Slot.L2,
                timestamp=START,
                trace_id=trace_id,
            )
            self.queues[function].append(body)

    def batches(self, function: str) -> list[Batch]:
        """What a queue holds, as the function behind it would see it."""
        records = [envelope.decode(body) for body in self.queues[function]]
        return [(record.trace_id, record.messages) for record in records]

    def messages(self, function: str) -> list[Telemetry]:
        return [message for _, messages in self.batches(function) for message in messages]


class InvokerRig:
    """What the contract suite needs to know of an adapter. `delivered` is what reached a function, as envelopes."""

    def __init__(self) -> None:
        self.invoker = RigInvoker()

    def delivered(self, function: str) -> list[bytes]:
        return list(self.invoker.queues[function])

    def settle(self) -> None:
        """Wait until what was accepted is durable."""
