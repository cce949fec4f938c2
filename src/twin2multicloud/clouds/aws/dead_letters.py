"""Dead letters on AWS: the SQS queue that is also the redrive target of the function's own queue."""

from collections.abc import Sequence

from twin2multicloud.clouds.aws.queue import MAX_RECORD_BYTES, Sqs, send
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.stores.queue_records import Records


class SqsDeadLetters:
    """A `DeadLetters`, by the queue's URL."""

    def __init__(self, client: Sqs, url: str, clock: Clock, chance: Chance) -> None:
        self._client, self._url = client, url
        self._records = Records(Cloud("aws"), clock, chance, MAX_RECORD_BYTES)

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        """See `ports.dead_letters.DeadLetters.put`."""
        records = self._records.of_dead_letters(dead_letters)
        send(self._client, self._url, [record for record, _ in records])
