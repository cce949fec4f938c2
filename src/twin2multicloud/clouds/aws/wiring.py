"""From a function's name and environment to its Lambda handler: clients, adapters, function. The place that names SDKs.

Reads, beside what `functions.wiring` reads: ``AWS_REGION`` (Lambda sets it), ``INTER_CLOUD_TOKEN_SECRET`` (ARN), and
``AWS_ENDPOINT_URL`` for an emulator. Queues are given by URL, the store and the error bus by name.
Credentials are the execution role's.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from twin2multicloud.clouds.aws import runtime
from twin2multicloud.clouds.aws.entrypoint import Handler
from twin2multicloud.hosting.function_ports import CommonPorts
from twin2multicloud.hosting.rotation import wire_with_secret
from twin2multicloud.wire.environment import Environment, optional_env, require_env

if TYPE_CHECKING:
    from twin2multicloud.clouds.aws.object_store import S3ObjectStore
    from twin2multicloud.clouds.aws.secrets import SecretsManagerSecrets
    from twin2multicloud.hosting.error_events import LoggingErrorSink
    from twin2multicloud.stores.record_queues import QueueDeadLetters, RecordQueues
    from twin2multicloud.stores.sorted_error_store import SortedErrorStore
    from twin2multicloud.stores.sorted_event_store import SortedEventStore
    from twin2multicloud.stores.sorted_hot_store import SortedHotStore

# All attempts end before a sender on another cloud stops waiting (30 s, see `wire.sender`).
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2.0, 6.0, 3


class AwsPorts(CommonPorts):
    """The `functions.wiring.Ports` of one Lambda function."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self._client = cache(self._new_client)

    @cached_property
    def errors(self) -> LoggingErrorSink:
        """The error bus."""
        from twin2multicloud.clouds.aws.error_sink import event_bridge_sink

        return event_bridge_sink(lambda: self._client("events"), require_env(self._env, "ERROR_TOPIC"), self.log)

    @cached_property
    def invoker(self) -> RecordQueues:
        """The queues of the functions on this cloud."""
        from twin2multicloud.clouds.aws.queue import queues

        return queues(self._client("sqs"), self.clock, self.chance)

    @cached_property
    def secrets(self) -> SecretsManagerSecrets:
        """Secrets Manager."""
        from twin2multicloud.clouds.aws.secrets import SecretsManagerSecrets

        return SecretsManagerSecrets(lambda: self._client("secretsmanager"))

    def dead_letters(self, queue: str) -> QueueDeadLetters:
        """See `functions.wiring.Ports`. `queue` is a URL."""
        return self.invoker.dead_letters(queue)

    def hot_store(self, name: str) -> SortedHotStore:
        """See `functions.wiring.Ports`. `name` is a DynamoDB table's."""
        from twin2multicloud.clouds.aws.hot_store import DynamoTable
        from twin2multicloud.stores.sorted_hot_store import SortedHotStore

        return SortedHotStore(DynamoTable(self._client("dynamodb"), name, self.clock, self.chance))

    def error_store(self, name: str) -> SortedErrorStore:
        """See `functions.wiring.Ports`. `name` is a DynamoDB table's."""
        from twin2multicloud.clouds.aws.hot_store import DynamoTable
        from twin2multicloud.stores.sorted_error_store import SortedErrorStore

        dynamodb = self._client("dynamodb")
        return SortedErrorStore(DynamoTable(dynamodb, name, self.clock, self.chance, what="error table"))

    def event_store(self, name: str) -> SortedEventStore:
        """See `functions.wiring.Ports`. `name` is a DynamoDB table's."""
        from twin2multicloud.clouds.aws.hot_store import DynamoTable
        from twin2multicloud.stores.sorted_event_store import SortedEventStore

        dynamodb = self._client("dynamodb")
        return SortedEventStore(DynamoTable(dynamodb, name, self.clock, self.chance, what="event table"))

    def object_store(self, name: str, *, archive: bool = False) -> S3ObjectStore:
        """See `functions.wiring.Ports`. `name` is a bucket's."""
        from twin2multicloud.clouds.aws.object_store import ARCHIVE_CLASS, COLD_CLASS, S3ObjectStore

        return S3ObjectStore(self._client("s3"), name, ARCHIVE_CLASS if archive else COLD_CLASS, self.clock)

    def _new_client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        region = require_env(self._env, "AWS_REGION")
        return boto3.client(
            service, region_name=region, endpoint_url=optional_env(self._env, "AWS_ENDPOINT_URL"), config=config
        )


def handler(name: str, env: Environment) -> Handler:
    """What Lambda calls for the function of that name. Raises ConfigurationError, by name, for what `env` lacks."""
    ports = AwsPorts(env)
    return runtime.expose(wire_with_secret(name, env, ports, ports.secrets))
