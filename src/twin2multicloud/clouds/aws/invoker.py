"""Reaching the next function on AWS: its SQS queue, which Lambda reads. A function is named by its queue's URL."""

from collections.abc import Sequence

from twin2multicloud.clouds.aws.queue import MAX_RECORD_BYTES, Sqs, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.stores.queue_records import Records


class SqsInvoker:
    """An `Invoker`. SQS has stored a message on several servers when it answers."""

    def __init__(self, client: Sqs, clock: Clock, chance: Chance) -> None:
        self._client = client
        self._records = Records(Cloud("aws"), clock, chance, MAX_RECORD_BYTES)

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        send(self._client, function, self._records.of_batch(messages, trace_id))
