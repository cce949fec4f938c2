"""From a function's name and environment to functions-framework's target: clients, adapters, function. Names SDKs.

Reads, beside what `functions.wiring` reads: ``GOOGLE_CLOUD_PROJECT``, ``INTER_CLOUD_TOKEN_SECRET`` (the secret's full
name), and for emulators ``FIRESTORE_EMULATOR_HOST``, ``PUBSUB_EMULATOR_HOST`` and ``STORAGE_EMULATOR_HOST``. Topics are
given by full name, the stores and the device registry by their databases'. Credentials are the service account's.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp import runtime
from twin2multicloud.clouds.gcp.runtime import Target
from twin2multicloud.hosting.function_ports import CommonPorts
from twin2multicloud.hosting.rotation import wire_with_secret
from twin2multicloud.wire.environment import Environment, optional_env, require_env

if TYPE_CHECKING:
    from google.cloud.firestore import Client
    from google.cloud.storage import Client as StorageClient
    from google.pubsub_v1 import PublisherClient

    from twin2multicloud.clouds.gcp.device_authenticator import FirestoreDeviceAuthenticator
    from twin2multicloud.clouds.gcp.device_ingress import PubSubDeviceIngress
    from twin2multicloud.clouds.gcp.native_calls import ServiceCalls
    from twin2multicloud.clouds.gcp.object_store import GcsObjectStore
    from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets
    from twin2multicloud.hosting.error_events import LoggingErrorSink
    from twin2multicloud.stores.record_queues import QueueDeadLetters, RecordQueues
    from twin2multicloud.stores.sorted_error_store import SortedErrorStore
    from twin2multicloud.stores.sorted_event_store import SortedEventStore
    from twin2multicloud.stores.sorted_hot_store import SortedHotStore


class GcpPorts(CommonPorts):
    """The `functions.wiring.Ports` of one Cloud Run function."""

    @cached_property
    def errors(self) -> LoggingErrorSink:
        """The error topic."""
        from twin2multicloud.clouds.gcp.error_sink import pub_sub_sink

        return pub_sub_sink(lambda: self._publisher, require_env(self._env, "ERROR_TOPIC"), self.log)

    @cached_property
    def invoker(self) -> RecordQueues:
        """The topics of the functions on this cloud."""
        from twin2multicloud.clouds.gcp.queue import queues

        return queues(self._publisher, self.clock, self.chance)

    @cached_property
    def functions(self) -> ServiceCalls:
        """The functions on this cloud, by the URLs of their services."""
        from twin2multicloud.clouds.gcp.native_calls import ServiceCalls, service_account

        token = optional_env(self._env, "INTER_CLOUD_TOKEN")
        return ServiceCalls(self.transport, service_account(), token)

    @cached_property
    def secrets(self) -> SecretManagerSecrets:
        """Secret Manager."""
        from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets, secret_manager

        return SecretManagerSecrets(cache(secret_manager))

    def dead_letters(self, queue: str) -> QueueDeadLetters:
        """See `functions.wiring.Ports`. `queue` is a topic's full name."""
        return self.invoker.dead_letters(queue)

    def hot_store(self, name: str) -> SortedHotStore:
        """See `functions.wiring.Ports`. `name` is a Firestore database's."""
        from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
        from twin2multicloud.stores.sorted_hot_store import SortedHotStore

        return SortedHotStore(FirestoreTable(self._firestore(name), name))

    def error_store(self, name: str) -> SortedErrorStore:
        """See `functions.wiring.Ports`. `name` is a Firestore database's."""
        from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
        from twin2multicloud.stores.sorted_error_store import SortedErrorStore

        return SortedErrorStore(FirestoreTable(self._firestore(name), name, what="error table"))

    def event_store(self, name: str) -> SortedEventStore:
        """See `functions.wiring.Ports`. `name` is a Firestore database's."""
        from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
        from twin2multicloud.stores.sorted_event_store import SortedEventStore

        return SortedEventStore(FirestoreTable(self._firestore(name), name, what="event table"))

    def object_store(self, name: str, *, archive: bool = False) -> GcsObjectStore:
        """See `functions.wiring.Ports`. `name` is a bucket's."""
        from twin2multicloud.clouds.gcp.object_store import ARCHIVE_CLASS, COLD_CLASS, GcsObjectStore

        return GcsObjectStore(self._storage, name, ARCHIVE_CLASS if archive else COLD_CLASS, self.clock)

    def authenticator(self, registry: str) -> FirestoreDeviceAuthenticator:
        """See `functions.wiring.Ports`. `registry` is a Firestore database's name."""
        from twin2multicloud.clouds.gcp.device_authenticator import FirestoreDeviceAuthenticator
        from twin2multicloud.domain.device_topics import TOPIC_VARIABLES, TopicRules

        lists = [tuple(filter(None, (optional_env(self._env, name) or "").split(","))) for name in TOPIC_VARIABLES]
        rules = TopicRules(require_env(self._env, "TWIN_NAME"), lists[0], lists[1], frozenset(lists[2]))
        return FirestoreDeviceAuthenticator(self._firestore(registry), rules, self.clock)

    def ingress(self, topic: str) -> PubSubDeviceIngress:
        """See `functions.wiring.Ports`. `topic` is a topic's full name."""
        from twin2multicloud.clouds.gcp.device_ingress import PubSubDeviceIngress

        window = float(optional_env(self._env, "BATCH_WINDOW") or 0)
        return PubSubDeviceIngress(self._publisher, topic, window=window, clock=self.clock)

    def _firestore(self, database: str) -> Client:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.firestore import Client

        emulated = optional_env(self._env, "FIRESTORE_EMULATOR_HOST") is not None
        project = require_env(self._env, "GOOGLE_CLOUD_PROJECT")
        return Client(project=project, database=database, credentials=AnonymousCredentials() if emulated else None)  # type: ignore[no-untyped-call]  # Google's has no types

    @cached_property
    def _storage(self) -> StorageClient:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.storage import Client

        emulated = optional_env(self._env, "STORAGE_EMULATOR_HOST") is not None  # the client reads it too
        project = require_env(self._env, "GOOGLE_CLOUD_PROJECT")
        return Client(project=project, credentials=AnonymousCredentials() if emulated else None)  # type: ignore[no-untyped-call]  # Google's has no types

    @cached_property
    def _publisher(self) -> PublisherClient:
        from google.pubsub_v1 import PublisherClient

        host = optional_env(self._env, "PUBSUB_EMULATOR_HOST")
        return _client_of_emulator(host) if host else PublisherClient()


def _client_of_emulator(host: str) -> PublisherClient:
    import grpc
    from google.pubsub_v1 import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    return PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(host)))


def handler(name: str, env: Environment) -> Target:
    """What functions-framework calls for the function of that name. Raises ConfigurationError, by name, for gaps."""
    ports = GcpPorts(env)
    return runtime.expose(wire_with_secret(name, env, ports, ports.secrets))
