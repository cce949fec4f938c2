"""Pub/Sub: sending records. Owns its limits; `stores.record_queues` and the ingress say what a record is.

The plain client, one request per batch and an answer to wait for: the library's publisher collects in the background,
and a function may be frozen there. Limits: cloud.google.com/pubsub/quotas (10 MB and 1,000 messages a request).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.wire.batches import batches

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

    from twin2multicloud.stores.record_queues import RecordQueues

MAX_RECORD_BYTES = 4 * 1024 * 1024  # of 10 MB: what waits in a queue is read with the wire's own limit
_MESSAGES, _REQUEST_BYTES = 1_000, 9_000_000
TIMEOUT = 30.0


def queues(client: "PublisherClient", clock: Clock, chance: Chance) -> "RecordQueues":
    """The topics of one project, by full name. Pub/Sub has stored a message in several zones when it answers."""
    from twin2multicloud.stores.queue_records import Records  # what only reports errors does not pay for it
    from twin2multicloud.stores.record_queues import RecordQueues

    return RecordQueues(partial(send, client), Records(Cloud("gcp"), clock, chance, MAX_RECORD_BYTES))


def send(
    client: "PublisherClient",
    topic: str,
    records: Sequence[bytes],
    patience: float = PATIENCE,
    attributes: Mapping[str, str] | None = None,
) -> None:
    """See `stores.record_queues.Send`. Each record goes with these attributes."""
    if not topic.startswith("projects/"):
        raise ConfigurationError(f"a topic must be projects/<project>/topics/<name>, found {topic!r}")
    from google.pubsub_v1 import PubsubMessage

    for batch in batches(records, most=_MESSAGES, max_bytes=_REQUEST_BYTES, size_of=len):
        messages = [PubsubMessage(data=record, attributes=attributes) for record in batch]
        with domain_errors(f"topic {topic}"):
            client.publish(topic=topic, messages=messages, retry=patient(patience), timeout=TIMEOUT)
