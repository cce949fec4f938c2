"""Reaching the next function on Google Cloud: its Pub/Sub topic, which is pushed to it. Named by its topic."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.queue import MAX_RECORD_BYTES, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.stores.queue_records import Records

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient


class PubSubInvoker:
    """An `Invoker`. Pub/Sub has stored a message in several zones when it answers."""

    def __init__(self, client: "PublisherClient", clock: Clock, chance: Chance) -> None:
        self._client = client
        self._records = Records(Cloud("gcp"), clock, chance, MAX_RECORD_BYTES)

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        """See `ports.invoker.Invoker.invoke`."""
        send(self._client, function, self._records.of_batch(messages, trace_id))
