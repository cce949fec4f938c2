"""Dead letters on Google Cloud: the topic that is also the dead-letter topic of the function's own subscription."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.queue import MAX_RECORD_BYTES, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.queue_records import Records

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient


class PubSubDeadLetters:
    """A `DeadLetters`, by the topic's full name."""

    def __init__(self, client: "PublisherClient", topic: str, clock: Clock, chance: Chance) -> None:
        self._client, self._topic = client, topic
        self._records = Records(Cloud("gcp"), clock, chance, MAX_RECORD_BYTES)

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        records = self._records.of_dead_letters(dead_letters)
        send(self._client, self._topic, [record for record, _ in records])
