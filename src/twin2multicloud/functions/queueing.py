"""Queueing a batch so that a message which no queue takes does not keep the others. Owns the second look."""

from collections.abc import Sequence

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.ports.telemetry_writer import ItemError


def queue_each(invoker: Invoker, queue: str, messages: Sequence[Telemetry], trace_id: str) -> Sequence[ItemError]:
    """Queue a batch; returns what the queue will never take (an Azure storage queue takes no reading over 48 KiB).

    What was queued before the refusal is queued again: the stores are idempotent. Raises RetryableError.
    """
    try:
        invoker.invoke(queue, messages, trace_id)
    except FinalError as error:
        if len(messages) == 1:
            return [ItemError(0, str(error))]
        return [
            ItemError(index, refused.error)
            for index, message in enumerate(messages)
            for refused in queue_each(invoker, queue, [message], trace_id)
        ]
    return []
