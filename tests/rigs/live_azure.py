"""Rigs over real Azure services: queues and secrets they make; the accounts that hold them, and the rest, must exist.

Who signs in is what ``DefaultAzureCredential`` finds, or a key where a variable has one. docs/live_tests.md says what
each variable is, what has to be there beforehand, and which roles are needed.
"""

import json
import os
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.rigs import event_store, live
from tests.rigs.error_store import over
from tests.rigs.live import Leftover, LiveClock, ScopedTable
from tests.rigs.vendor_hot_stores import VendorHotStoreRig
from tests.rigs.vendor_processes import need_package, open_until_exit
from tests.rigs.vendor_queues import StorageQueues, VendorDeadLettersRig, VendorInvokerRig
from tests.rigs.vendor_topics import ErrorSinkRig, SecretsRig
from twin2multicloud.clouds.azure import queue
from twin2multicloud.clouds.azure.error_sink import event_grid_sink
from twin2multicloud.clouds.azure.hot_store import CosmosTable
from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.cosmos import ContainerProxy
    from azure.keyvault.secrets import SecretClient
    from azure.storage.queue import QueueClient, QueueServiceClient

COSMOS_URL, COSMOS_CONTAINER, COSMOS_KEY = "T2MC_LIVE_COSMOS_URL", "T2MC_LIVE_COSMOS_CONTAINER", "T2MC_LIVE_COSMOS_KEY"
QUEUES_URL, QUEUES_KEY = "T2MC_LIVE_QUEUES_URL", "T2MC_LIVE_QUEUES_KEY"
VAULT_URL = "T2MC_LIVE_KEY_VAULT_URL"
TOPIC_URL, TOPIC_KEY, TOPIC_QUEUE = "T2MC_LIVE_EVENT_GRID_URL", "T2MC_LIVE_EVENT_GRID_KEY", "T2MC_LIVE_EVENT_GRID_QUEUE"


@cache
def _identity() -> "TokenCredential":
    need_package("azure.identity")
    from azure.identity import DefaultAzureCredential

    return open_until_exit.enter_context(DefaultAzureCredential())


def _credential(key: str) -> "str | TokenCredential":
    return os.environ.get(key) or _identity()


@cache
def _container() -> "ContainerProxy":
    need_package("azure.cosmos")
    from azure.cosmos import CosmosClient

    url, (database, _, name) = live.setting(COSMOS_URL), live.setting(COSMOS_CONTAINER).partition("/")
    found = not os.environ.get(COSMOS_KEY)  # as in wiring.py: an emulator does not know its own address
    client = CosmosClient(url, _credential(COSMOS_KEY), enable_endpoint_discovery=found)
    open_until_exit.enter_context(client)
    return client.get_database_client(database).get_container_client(name)


@cache
def _queue(name: str) -> "QueueClient":
    from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient

    policy = BinaryBase64EncodePolicy()
    client = QueueClient(
        live.setting(QUEUES_URL), name, credential=_credential(QUEUES_KEY), message_encode_policy=policy
    )
    return open_until_exit.enter_context(client)


@cache
def _queue_service() -> "QueueServiceClient":
    from azure.storage.queue import QueueServiceClient

    return open_until_exit.enter_context(QueueServiceClient(live.setting(QUEUES_URL), _credential(QUEUES_KEY)))


@cache
def _vault(url: str) -> "SecretClient":
    need_package("azure.keyvault.secrets")
    from azure.keyvault.secrets import SecretClient

    return open_until_exit.enter_context(SecretClient(url, _identity()))


@contextmanager
def hot_store(_: Path) -> Iterator[VendorHotStoreRig]:
    """Rows in the container that is there; one client reads what it wrote, by Cosmos DB's session consistency."""
    table = ScopedTable(CosmosTable(_container(), "hot-store"))
    try:
        yield VendorHotStoreRig(table)
    finally:
        table.remove()


@contextmanager
def _queues() -> Iterator[StorageQueues]:
    need_package("azure.storage.queue")
    queues = StorageQueues(_queue)
    try:
        yield queues
    finally:
        queues.remove()


@contextmanager
def invoker(_: Path) -> Iterator[VendorInvokerRig]:
    with _queues() as queues:
        named = cache(lambda function: queues.make(live.unique(function)))
        storage = queue.queues(_queue, LiveClock(), Random())
        yield VendorInvokerRig(storage, named, cache(lambda name: live.in_order(queues.drain(name))))


@contextmanager
def dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    with _queues() as queues:
        name = queues.make(live.unique("dead-letters"))
        letters = queue.queues(_queue, LiveClock(), Random()).dead_letters(name)
        yield VendorDeadLettersRig(letters, lambda: live.in_order(queues.drain(name)))


@contextmanager
def error_sink(_: Path) -> Iterator[ErrorSinkRig]:
    """A topic, and the storage queue of an event subscription of it. Both must exist; what waits there is deleted."""
    need_package("azure.eventgrid")
    from azure.core.credentials import AzureKeyCredential
    from azure.eventgrid import EventGridPublisherClient

    url, queue, logged = live.setting(TOPIC_URL), _queue(live.setting(TOPIC_QUEUE)), list[str]()
    key = os.environ.get(TOPIC_KEY)
    queue.clear_messages()
    with (
        EventGridPublisherClient(url, AzureKeyCredential(key) if key else _identity()) as client,
        EventGridPublisherClient(url, AzureKeyCredential("bm8ga2V5")) as stranger,
    ):
        sink = event_grid_sink(lambda: client, logged.append)
        lost = event_grid_sink(lambda: stranger, logged.append)
        yield ErrorSinkRig(sink, lost, logged, lambda: _delivered(queue))


def _delivered(queue: "QueueClient") -> list[Mapping[str, Any]]:
    """The data of the CloudEvents that arrive within a while, each once. Event Grid writes them in base64, or plain."""
    found: dict[str, Mapping[str, Any]] = {}

    def quiet() -> bool:
        before = len(found)
        live.listen()
        for message in queue.receive_messages(max_messages=32):
            event = json.loads(_plain(message.content))
            found[event["id"]] = event["data"]
            queue.delete_message(message)
        return len(found) == before

    live.until(quiet, f"queue {queue.queue_name}")
    return list(found.values())


def _plain(content: str) -> str | bytes:
    return content if content.lstrip().startswith("{") else b64decode(content)


@contextmanager
def secrets(_: Path) -> Iterator[SecretsRig]:
    url = live.setting(VAULT_URL).rstrip("/")
    vault, kept = _vault(url), dict[str, str]()

    def keep(name: str, text: str) -> str:
        kept.setdefault(name, live.unique(name))
        vault.set_secret(kept[name], text)
        return f"{url}/secrets/{kept[name]}"

    try:
        yield SecretsRig(KeyVaultSecrets(_vault), keep, f"{url}/secrets/{live.unique('none')}").that_waits(live.until)
    finally:
        for name in kept.values():
            _purge(vault, name)


def _purge(vault: "SecretClient", name: str) -> None:
    """A deleted secret stays for days, and costs nothing, unless it is purged; a vault may forbid that to everyone."""
    from azure.core.exceptions import HttpResponseError

    vault.begin_delete_secret(name).wait()
    try:
        vault.purge_deleted_secret(name)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise


RIGS = {
    "error_store_rig": over(hot_store),
    "event_store_rig": event_store.over(hot_store),
    "hot_store_rig": hot_store,
    "invoker_rig": invoker,
    "dead_letters_rig": dead_letters,
    "error_sink_rig": error_sink,
    "secrets_rig": secrets,
}


def leftovers() -> Iterator[Leftover]:
    """What live rigs of any run left where the variables point; what they do not name was not used either."""
    if os.environ.get(QUEUES_URL):
        service = _queue_service()
        for queue in service.list_queues(name_starts_with=live.PREFIX):
            yield Leftover(f"storage queue {queue.name}", partial(service.delete_queue, queue))
    if os.environ.get(COSMOS_URL):
        container = _container()
        asked = "SELECT c.id, c.device_id FROM c WHERE STARTSWITH(c.device_id, @prefix)"
        parameters: list[dict[str, object]] = [{"name": "@prefix", "value": live.PREFIX}]
        for row in container.query_items(asked, parameters=parameters, enable_cross_partition_query=True):
            delete = partial(container.delete_item, row["id"], row["device_id"])
            yield Leftover(f"Cosmos DB row {row['id']} of {row['device_id']}", delete)
    if os.environ.get(VAULT_URL):
        vault = _vault(live.setting(VAULT_URL))
        for secret in vault.list_properties_of_secrets():
            if secret.name and secret.name.startswith(live.PREFIX):
                yield Leftover(f"secret {secret.name}", partial(_purge, vault, secret.name))
