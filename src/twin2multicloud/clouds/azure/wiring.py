"""From a function's name and environment to its FunctionApp: clients, adapters, function. The place that names SDKs.

Reads, beside what `functions.wiring` reads: ``COSMOS_URL`` (database: ``TWIN_NAME``, container: ``HOT_STORE_NAME``),
``QUEUES__queueServiceUri``, ``OBJECT_STORE_URL`` (a storage account's blob service), ``INTER_CLOUD_TOKEN_SECRET`` (a
secret's id in Key Vault), ``AZURE_CLIENT_ID`` (the user-assigned identity that signs in everywhere). The error topic is
its endpoint's URL, and the twin service (``TWIN_SERVICE_NAME``) its instance's. Where ``COSMOS_KEY``, ``QUEUES_KEY``,
``OBJECT_STORE_KEY`` or ``ERROR_TOPIC_KEY`` is set, that key signs in instead: emulators know no identities.
"""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from twin2multicloud.clouds.azure import runtime
from twin2multicloud.hosting.function_ports import CommonPorts
from twin2multicloud.hosting.rotation import wire_with_secret
from twin2multicloud.wire.environment import Environment, optional_env, require_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpRequest, HttpResponse
    from azure.cosmos import ContainerProxy
    from azure.eventgrid import EventGridPublisherClient
    from azure.functions import FunctionApp
    from azure.keyvault.secrets import SecretClient
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueClient

    from twin2multicloud.clouds.azure.object_store import BlobObjectStore
    from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets
    from twin2multicloud.clouds.azure.twin_graph import DigitalTwins
    from twin2multicloud.hosting.error_events import LoggingErrorSink
    from twin2multicloud.stores.record_queues import QueueDeadLetters, RecordQueues
    from twin2multicloud.stores.sorted_error_store import SortedErrorStore
    from twin2multicloud.stores.sorted_event_store import SortedEventStore
    from twin2multicloud.stores.sorted_hot_store import SortedHotStore

# All attempts end before a sender on another cloud stops waiting (30 s, see `wire.sender`).
CONNECT_SECONDS, READ_SECONDS, RETRIES = 2, 6, 2


class AzurePorts(CommonPorts):
    """The `functions.wiring.Ports` of one function app."""

    @cached_property
    def errors(self) -> LoggingErrorSink:
        """The error topic."""
        from twin2multicloud.clouds.azure.error_sink import event_grid_sink

        require_env(self._env, "ERROR_TOPIC")
        return event_grid_sink(cache(self._event_grid), self.log)

    @cached_property
    def invoker(self) -> RecordQueues:
        """The queues of the functions on this cloud."""
        from twin2multicloud.clouds.azure.queue import queues

        require_env(self._env, "QUEUES__queueServiceUri")
        return queues(cache(self._queue), self.clock, self.chance)

    @cached_property
    def secrets(self) -> KeyVaultSecrets:
        """Key Vault."""
        from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets

        return KeyVaultSecrets(cache(self._vault))

    def dead_letters(self, queue: str) -> QueueDeadLetters:
        """See `functions.wiring.Ports`."""
        return self.invoker.dead_letters(queue)

    def hot_store(self, name: str) -> SortedHotStore:
        """See `functions.wiring.Ports`. `name` is a container's."""
        from twin2multicloud.clouds.azure.hot_store import CosmosTable
        from twin2multicloud.stores.sorted_hot_store import SortedHotStore

        require_env(self._env, "COSMOS_URL")
        later: Any = _Later(partial(self._container, name))
        return SortedHotStore(CosmosTable(later, name))

    def error_store(self, name: str) -> SortedErrorStore:
        """See `functions.wiring.Ports`. `name` is a container's."""
        from twin2multicloud.clouds.azure.hot_store import CosmosTable
        from twin2multicloud.stores.sorted_error_store import SortedErrorStore

        require_env(self._env, "COSMOS_URL")
        later: Any = _Later(partial(self._container, name))
        return SortedErrorStore(CosmosTable(later, name, what="error table"))

    def event_store(self, name: str) -> SortedEventStore:
        """See `functions.wiring.Ports`. `name` is a container's."""
        from twin2multicloud.clouds.azure.hot_store import CosmosTable
        from twin2multicloud.stores.sorted_event_store import SortedEventStore

        require_env(self._env, "COSMOS_URL")
        later: Any = _Later(partial(self._container, name))
        return SortedEventStore(CosmosTable(later, name, what="event table"))

    def _container(self, name: str) -> ContainerProxy:
        from azure.cosmos import CosmosClient

        from twin2multicloud.clouds.azure.sdk_errors import domain_errors

        with domain_errors("Cosmos DB"):  # it asks for the account at once
            client = CosmosClient(
                require_env(self._env, "COSMOS_URL"),
                self._credential("COSMOS_KEY"),
                connection_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retry_throttle_total=RETRIES,
                retry_throttle_backoff_max=5,
                retry_total=RETRIES,
                retry_connect=RETRIES,
                retry_read=RETRIES,
                enable_endpoint_discovery="COSMOS_KEY" not in self._env,  # an emulator does not know its own address
            )
        database = client.get_database_client(require_env(self._env, "TWIN_NAME"))
        return database.get_container_client(name)

    def object_store(self, name: str, *, archive: bool = False) -> BlobObjectStore:
        """See `functions.wiring.Ports`. `name` is a container's."""
        from twin2multicloud.clouds.azure.object_store import ARCHIVE_TIER, COLD_TIER, BlobObjectStore

        return BlobObjectStore(self._blobs, name, ARCHIVE_TIER if archive else COLD_TIER, self.clock)

    @cached_property
    def _blobs(self) -> BlobServiceClient:
        from azure.storage.blob import BlobServiceClient

        timeouts: dict[str, Any] = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        url, credential = require_env(self._env, "OBJECT_STORE_URL"), self._credential("OBJECT_STORE_KEY")
        return BlobServiceClient(url, credential, retry_total=RETRIES, **timeouts)

    def twin_graph(self, name: str) -> DigitalTwins:
        """See `functions.wiring.Ports`. `name` is an instance's URL."""
        from twin2multicloud.clouds.azure.twin_graph import DigitalTwins

        later: Any = _Later(partial(self._digital_twins, name))
        return DigitalTwins(later)

    def _digital_twins(self, url: str) -> PipelineClient[HttpRequest, HttpResponse]:
        from azure.core import PipelineClient
        from azure.core.pipeline.policies import BearerTokenCredentialPolicy
        from azure.core.pipeline.transport import RequestsTransport

        from twin2multicloud.clouds.azure.twin_graph import AUDIENCE

        signs_in = BearerTokenCredentialPolicy(self._identity, f"{AUDIENCE}/.default")
        way = RequestsTransport(connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
        return PipelineClient(url, policies=[signs_in], transport=way)  # it tries once: what fails waits in its queue

    def _queue(self, name: str) -> QueueClient:
        from azure.storage.queue import BinaryBase64EncodePolicy, ExponentialRetry, QueueClient

        return QueueClient(
            require_env(self._env, "QUEUES__queueServiceUri").rstrip("/"),
            name,
            credential=self._credential("QUEUES_KEY"),
            message_encode_policy=BinaryBase64EncodePolicy(),
            retry_policy=ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=RETRIES),  # its own: 15 s
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )

    def _event_grid(self) -> EventGridPublisherClient:
        from azure.core.credentials import AzureKeyCredential
        from azure.eventgrid import EventGridPublisherClient

        key = optional_env(self._env, "ERROR_TOPIC_KEY")
        credential = AzureKeyCredential(key) if key else self._identity
        return EventGridPublisherClient(require_env(self._env, "ERROR_TOPIC"), credential)

    def _vault(self, url: str) -> SecretClient:
        from azure.keyvault.secrets import SecretClient

        timeouts: dict[str, Any] = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        return SecretClient(url, self._identity, retry_total=RETRIES, **timeouts)

    def _credential(self, key_variable: str) -> str | TokenCredential:
        return optional_env(self._env, key_variable) or self._identity

    @cached_property
    def _identity(self) -> TokenCredential:
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=require_env(self._env, "AZURE_CLIENT_ID"))


class _Later:
    """A client that is made when it is first used: one that signs in at once would keep the app from starting."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = cache(make)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the client has
        return getattr(self._make(), name)


def handler(name: str, env: Environment) -> FunctionApp:
    """The app with the function of that name. Raises ConfigurationError, by name, for what `env` lacks."""
    ports = AzurePorts(env)
    return runtime.expose(wire_with_secret(name, env, ports, ports.secrets))
