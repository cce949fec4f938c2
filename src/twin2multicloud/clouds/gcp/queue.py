"""Pub/Sub: sending records. Owns its limits; invoker, ingress and dead letters say what a record is.

The plain client, one request per batch and an answer to wait for: the library's publisher collects in the background,
and a function may be frozen there. Limits: cloud.google.com/pubsub/quotas (10 MB and 1,000 messages a request).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE, domain_errors, patient
from twin2multicloud.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

MAX_RECORD_BYTES = 4 * 1024 * 1024  # of 10 MB: what waits in a queue is read with the wire's own limit
TIMEOUT = 30.0


def send(
    client: "PublisherClient",
    topic: str,
    records: Sequence[bytes],
    patience: float = PATIENCE,
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Publish records, each with these attributes, to a topic by its full name. It may get again what it has got.

    Raises RetryableError, ConfigurationError, FinalError.
    """
    if not topic.startswith("projects/"):
        raise ConfigurationError(f"a topic must be projects/<project>/topics/<name>, found {topic!r}")
    from google.pubsub_v1 import PubsubMessage

    for record in records:
        message = PubsubMessage(data=record, attributes=attributes)
        with domain_errors(f"topic {topic}"):
            client.publish(topic=topic, messages=[message], retry=patient(patience), timeout=TIMEOUT)
