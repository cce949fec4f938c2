"""What Azure answers when it does not do what it was asked, from the wire up: throttling, partial failure, permissions.

The emulators are never throttled and know no roles, so these answers are put where `requests` would open a socket.
"""

import json
from contextlib import ExitStack

import pytest

pytest.importorskip("azure.cosmos", reason="the extra azure is not installed")
pytest.importorskip("azure.storage.queue", reason="the extra azure is not installed")

import msgspec
import requests.exceptions
from azure.core.credentials import AzureKeyCredential
from azure.cosmos import CosmosClient, PartitionKey
from azure.eventgrid import EventGridPublisherClient
from azure.keyvault.secrets import SecretClient
from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient

from tests.contracts.test_error_sink import event
from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.hot_store import delete_between
from tests.rigs.readings import reading as rig_reading
from tests.rigs.vendor_azure_transport import CosmosAdapter, FaultyAdapter, KeyVaultAdapter
from tests.rigs.vendor_event_grid import event_grid_server
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.azure.error_sink import event_grid_sink
from twin2multicloud.clouds.azure.hot_store import CosmosTable
from twin2multicloud.clouds.azure.queue import queues
from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.hot_store import RangeQuery
from twin2multicloud.stores.sorted_hot_store import SortedHotStore

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "https://house.vault.azure.net/secrets/token"  # its address
QUERY = RangeQuery(
    device_id="d", start="0001-01-01T00:00:00.000Z", end="9999-12-31T23:59:59.999Z", properties=("t",), limit=10
)


def reading(number: int = 0, device: str = "d", **more) -> Reading:
    return rig_reading(
        {"device_id": device, "timestamp": "2026-01-15T10:00:00.000Z", "message_id": f"m{number}", "t": number, **more}
    )


def refusal(status: int, code: str = "Told", **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, json.dumps({"code": code, "message": "told so"}).encode()


@pytest.fixture
def cosmos():
    adapter = CosmosAdapter()
    client = CosmosClient(
        vendor_processes.cosmosdb_server_url(),
        vendor_clients.COSMOS_KEY,
        enable_endpoint_discovery=False,
        transport=adapter.transport(),
        retry_throttle_total=1,  # none at all is read as nine
        retry_throttle_backoff_max=1,
        retry_total=0,
    )
    with client:
        database = client.create_database_if_not_exists("faults")
        container = database.create_container(vendor_clients.unique("hot-store"), PartitionKey("/device_id"))
        store = SortedHotStore(CosmosTable(container, "hot"))
        store.write([reading(device="warm")])  # the container's properties are known from here on
        adapter.seen = 0
        yield store, adapter


@pytest.fixture
def queue():
    adapter = FaultyAdapter()
    client = QueueClient(
        vendor_processes.azurite_queue_url(),
        "faults",
        credential={"account_name": vendor_processes.AZURITE_ACCOUNT, "account_key": vendor_processes.AZURITE_KEY},
        message_encode_policy=BinaryBase64EncodePolicy(),
        transport=adapter.transport(),
        retry_total=0,
    )
    with client:
        yield queues(lambda _: client, RigClock(), RigChance()), adapter


@pytest.fixture
def vault():
    adapter = KeyVaultAdapter()
    adapter.secrets["token"] = "text"
    with SecretClient(
        "https://house.vault.azure.net", AnyToken(), transport=adapter.transport(), retry_total=0
    ) as client:
        yield KeyVaultSecrets(lambda _: client), adapter


NO_ANSWER = [
    requests.exceptions.ConnectionError("refused"),
    requests.exceptions.ConnectTimeout("no route"),
    requests.exceptions.ReadTimeout("silence"),
]
ANSWERS = [
    *[(status, RetryableError) for status in (408, 410, 429, 449, 500, 503)],
    *[(status, ConfigurationError) for status in (401, 403, 404)],
    *[(status, FinalError) for status in (400, 413)],
]


@pytest.mark.parametrize(("status", "expected"), ANSWERS)
class TestEveryAnswer:
    def test_of_cosmos_db_to_a_write(self, cosmos, status, expected):
        store, adapter = cosmos
        adapter.faults = [refusal(status)] * 20
        with pytest.raises(expected, match="hot store"):
            store.write([reading()])

    def test_of_cosmos_db_to_a_query(self, cosmos, status, expected):
        store, adapter = cosmos
        adapter.faults = [refusal(status)] * 20
        with pytest.raises(expected, match="hot store"):
            store.range(QUERY)

    def test_of_cosmos_db_to_the_last_entry(self, cosmos, status, expected):
        store, adapter = cosmos
        adapter.faults = [refusal(status)] * 20
        with pytest.raises(expected, match="hot store"):
            store.last("d", ("t",))

    def test_of_cosmos_db_to_a_deletion(self, cosmos, status, expected):
        store, adapter = cosmos
        store.write([reading(number) for number in range(3)])
        adapter.faults = [None, *[refusal(status)] * 20]  # the page of what there is comes first
        if status == 404:
            assert delete_between(store, "d", QUERY.start, QUERY.end) == 3, "what is gone already does not matter"
            return
        with pytest.raises(expected, match="hot store"):
            delete_between(store, "d", QUERY.start, QUERY.end)
        adapter.faults = []
        assert delete_between(store, "d", QUERY.start, QUERY.end) == 3, "the same call again does the rest"

    def test_of_key_vault(self, vault, status, expected):
        secrets, adapter = vault
        adapter.faults = [refusal(status)] * 20
        with pytest.raises(expected, match="secret token"):
            secrets.read(SECRET)

    def test_of_a_storage_queue(self, queue, status, expected):
        invoker, adapter = queue
        adapter.faults = [refusal(status)] * 20
        with pytest.raises(expected, match="faults"):
            invoker.invoke("faults", [reading()], TRACE)


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
class TestNoAnswer:
    def test_from_cosmos_db(self, cosmos, error):
        store, adapter = cosmos
        adapter.faults = [error] * 20
        with pytest.raises(RetryableError):
            store.write([reading()])

    def test_from_a_storage_queue(self, queue, error):
        invoker, adapter = queue
        adapter.faults = [error] * 20
        with pytest.raises(RetryableError):
            invoker.invoke("faults", [reading()], TRACE)

    def test_from_key_vault(self, vault, error):
        secrets, adapter = vault
        adapter.faults = [error] * 20
        with pytest.raises(RetryableError, match="secret token"):
            secrets.read(SECRET)


def test_cosmos_db_says_how_long_to_wait(cosmos):
    store, adapter = cosmos
    adapter.faults = [refusal(429, x_ms_retry_after_ms="1500")] * 20
    with pytest.raises(RetryableError) as caught:
        store.write([reading()])
    assert caught.value.retry_after == 1.5


def test_a_throttled_operation_in_a_batch_fails_the_batch_for_now(cosmos):
    """207: one operation at fault, the others 424, and Cosmos DB has rolled all of them back."""
    store, adapter = cosmos
    body = json.dumps([{"statusCode": 424}, {"statusCode": 429}, {"statusCode": 424}]).encode()
    adapter.faults = [(207, {}, body)]
    with pytest.raises(RetryableError, match="429"):
        store.write([reading(number) for number in range(2)])
    assert adapter.faults == []


def test_a_throttled_operation_in_a_deletion_is_not_a_row_that_is_gone(cosmos):
    store, adapter = cosmos
    store.write([reading(number) for number in range(2)])
    adapter.faults = [None, (207, {}, json.dumps([{"statusCode": 424}, {"statusCode": 429}]).encode())]
    with pytest.raises(RetryableError, match="429"):
        delete_between(store, "d", QUERY.start, QUERY.end)
    assert len(store.range(QUERY)) == 2


def test_devices_are_written_side_by_side_and_one_that_fails_is_heard_of(cosmos):
    store, adapter = cosmos
    adapter.faults = [refusal(403)]
    with pytest.raises(ConfigurationError):
        store.write([reading(device=f"device-{number}") for number in range(20)])
    assert adapter.seen == 20
    store.write([reading(device=f"device-{number}") for number in range(20)])
    assert all(store.last(f"device-{number}", ("t",)) for number in range(20))


def test_a_batch_holds_no_more_than_cosmos_db_takes(cosmos):
    """The rig's adapter refuses more than 100 operations or 2 MB; cosmosdb-server takes anything."""
    store, adapter = cosmos
    store.write([reading(number, text="x" * 50_000) for number in range(120)])
    assert adapter.seen >= 4
    assert len(store.range(msgspec.structs.replace(QUERY, limit=500))) == 120


def test_a_reading_that_no_item_can_hold_is_final_and_nothing_is_written(cosmos):
    store, adapter = cosmos
    with pytest.raises(FinalError, match="the hot store's limit is"):
        store.write([reading(), reading(1, text="x" * 2_000_000)])
    assert adapter.seen == 0


def test_a_reading_that_no_queue_message_can_hold_is_final_and_nothing_is_sent(queue):
    invoker, adapter = queue
    with pytest.raises(FinalError, match="49152"):
        invoker.invoke("faults", [reading(), reading(1, text="x" * 50_000)], TRACE)
    assert adapter.seen == 0


@pytest.mark.parametrize("status", [401, 404, 413, 429, 503])
def test_event_grid_never_makes_a_function_fail(status):
    lines: list[str] = []
    with event_grid_server() as server, ExitStack() as stack:
        server.faults = [status] * 20
        client = stack.enter_context(EventGridPublisherClient(server.url, AzureKeyCredential("key")))
        event_grid_sink(lambda: client, lines.append).report(event())
        assert server.calls <= 2  # the client's own would be ten, with half a minute of waiting
    (line,) = lines
    assert "invalid-telemetry" in line


@pytest.mark.parametrize("name", ["", "token", "https://house.vault.azure.net/keys/token", "https://v/secrets/a/b"])
def test_what_is_no_secret_id_is_the_configurations_fault(name):
    def vault(url: str):
        raise AssertionError(url)

    with pytest.raises(ConfigurationError, match="secrets/<name>"):
        KeyVaultSecrets(vault).read(name)
