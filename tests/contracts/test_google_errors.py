"""What Google Cloud answers when it does not do what it was asked, from the wire up: a server of ours says it.

The emulators are never throttled and know no roles; the codes are google.rpc.Code's.
"""

import os

import pytest

pytest.importorskip("google.cloud.firestore", reason="the extra gcp is not installed")
pytest.importorskip("google.pubsub_v1", reason="the extra gcp is not installed")

from google.auth.exceptions import DefaultCredentialsError, TransportError
from grpc import StatusCode

from tests.contracts.test_error_sink import event
from tests.rigs import vendor_clients
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.readings import reading as rig_reading
from tests.rigs.vendor_google_server import GoogleServer
from twin2multicloud.clouds.gcp.device_authenticator import FirestoreDeviceAuthenticator
from twin2multicloud.clouds.gcp.device_ingress import PubSubDeviceIngress
from twin2multicloud.clouds.gcp.device_registry import FirestoreDeviceRegistry
from twin2multicloud.clouds.gcp.error_sink import pub_sub_sink
from twin2multicloud.clouds.gcp.hot_store import FirestoreTable
from twin2multicloud.clouds.gcp.queue import queues, send
from twin2multicloud.clouds.gcp.sdk_errors import domain_errors
from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets
from twin2multicloud.domain.device_topics import TopicRules
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.ports.hot_store import RangeQuery, RowKey
from twin2multicloud.stores.sorted_hot_store import SortedHotStore

PATIENCE = 0.3
TOPIC = "projects/rig/topics/house-processor"
QUERY = RangeQuery(
    device_id="d", start="0001-01-01T00:00:00.000Z", end="9999-12-31T23:59:59.999Z", properties=("t",), limit=10
)


def reading(number: int = 0, **more) -> Reading:
    return rig_reading(
        {"device_id": "d", "timestamp": "2026-01-15T10:00:00.000Z", "message_id": f"m{number}", "t": number, **more}
    )


@pytest.fixture
def server():
    made = GoogleServer()
    yield made
    made.close()


@pytest.fixture
def client(server):
    """Firestore's."""
    made = vendor_clients.firestore(server.host)
    yield made
    made.close()


@pytest.fixture
def store(client):
    return SortedHotStore(FirestoreTable(client, "hot", PATIENCE))


RETRYABLE = (
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.UNAVAILABLE,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.ABORTED,
    StatusCode.INTERNAL,
    StatusCode.UNKNOWN,
    StatusCode.CANCELLED,
)
CONFIGURATION = (
    StatusCode.PERMISSION_DENIED,
    StatusCode.UNAUTHENTICATED,
    StatusCode.NOT_FOUND,
    StatusCode.FAILED_PRECONDITION,
)
ANSWERS = [
    *[(code, RetryableError) for code in RETRYABLE],
    *[(code, ConfigurationError) for code in CONFIGURATION],
    *[(code, FinalError) for code in (StatusCode.INVALID_ARGUMENT, StatusCode.OUT_OF_RANGE)],
]


@pytest.mark.parametrize(("code", "expected"), ANSWERS, ids=[code.name for code, _ in ANSWERS])
class TestEveryAnswer:
    def test_of_firestore_to_a_write(self, server, store, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="hot store"):
            store.write([reading()])

    def test_of_firestore_to_a_query(self, server, store, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="hot store"):
            store.range(QUERY)

    def test_of_firestore_to_the_last_entry(self, server, store, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="hot store"):
            store.last("d", ("t",))

    def test_of_firestore_to_a_deletion(self, server, client, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="hot store"):
            FirestoreTable(client, "hot", PATIENCE).delete("d", [RowKey("2026-01-15T10:00:00.000Z", "m0")])

    def test_of_firestore_to_the_authenticator(self, server, client, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="device registry"):
            FirestoreDeviceAuthenticator(client, TopicRules("house"), RigClock(), PATIENCE).knows("sensor-1", "key")

    @pytest.mark.parametrize("call", ["register", "remove", "list"])
    def test_of_firestore_to_the_registry(self, server, client, code, expected, call):
        registry = FirestoreDeviceRegistry(client, PATIENCE)
        server.faults, server.stuck = [code], True
        calls = {
            "register": lambda: list(registry.register(["sensor-1"])),
            "remove": lambda: registry.remove(["sensor-1"]),
            "list": lambda: list(registry.registered()),
        }
        with pytest.raises(expected, match="devices"):
            calls[call]()

    def test_of_pubsub_to_the_ingress(self, server, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="house-processor"):
            PubSubDeviceIngress(vendor_clients.publisher(server.host), TOPIC, PATIENCE).take("sensor-1", b"{}")

    def test_of_pubsub(self, server, code, expected):
        server.faults, server.stuck = [code], True
        with pytest.raises(expected, match="house-processor"):
            send(vendor_clients.publisher(server.host), TOPIC, [b"record"], PATIENCE)

    def test_of_secret_manager(self, server, code, expected):
        server.secrets["projects/rig/secrets/token"] = "text"
        server.faults, server.stuck = [code], True
        client = vendor_clients.secret_manager(server.host)
        with pytest.raises(expected, match="token"):
            SecretManagerSecrets(lambda: client, PATIENCE).read("projects/rig/secrets/token")


@pytest.mark.parametrize(
    "code", [StatusCode.DEADLINE_EXCEEDED, StatusCode.PERMISSION_DENIED, StatusCode.INVALID_ARGUMENT]
)
def test_an_event_that_the_topic_does_not_take_is_logged(server, code):
    """Reporting never makes a function fail, whatever the kind of error. (Others are waited for, see below.)"""
    server.faults, server.stuck, lines = [code], True, list[str]()
    publisher = vendor_clients.publisher(server.host)
    pub_sub_sink(lambda: publisher, TOPIC, lines.append).report(event())
    (line,) = lines
    assert "invalid-telemetry" in line
    assert f"(not reported: topic {TOPIC}: " in line


@pytest.mark.parametrize("code", [StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED])
def test_what_passes_soon_is_waited_for(server, code):
    server.topics[TOPIC] = []
    server.faults = [code, code]
    send(vendor_clients.publisher(server.host), TOPIC, [b"record"], 10.0)
    assert server.topics[TOPIC] == [b"record"]
    assert server.calls == 3


def test_a_topic_that_is_not_there_is_the_configurations_fault(server):
    with pytest.raises(ConfigurationError, match="house-processor"):
        send(vendor_clients.publisher(server.host), TOPIC, [b"record"], PATIENCE)


def test_a_topic_by_its_short_name_is_the_configurations_fault(server):
    letters = queues(vendor_clients.publisher(server.host), RigClock(), RigChance()).dead_letters("dead-letters")
    with pytest.raises(ConfigurationError, match="projects/<project>"):
        letters.put([DeadLetter(reading(), "why")])
    assert server.calls == 0


@pytest.mark.parametrize(("rows", "size"), [(1_100, 10), (40, 500_000)], ids=["many", "large"])
def test_a_commit_holds_no_more_than_firestore_takes(server, client, rows, size):
    """500 writes and 10 MiB: cloud.google.com/firestore/quotas."""
    store = SortedHotStore(FirestoreTable(client, "hot", 10.0))
    store.write([reading(number, text="x" * size) for number in range(rows)])
    written, sizes = zip(*server.commits, strict=True)
    assert sum(written) == rows + 1, "each reading once, and the note of both properties"
    assert max(written) <= 500
    assert max(sizes) <= 10 * 1024 * 1024
    server.commits.clear()
    FirestoreTable(client, "hot", 10.0).delete(
        "d", [RowKey("2026-01-15T10:00:00.000Z", f"m{number}") for number in range(rows)]
    )
    assert sum(writes for writes, _ in server.commits) == rows
    assert max(writes for writes, _ in server.commits) <= 500


def test_a_reading_that_no_document_can_hold_is_final_and_nothing_is_written(server, store):
    with pytest.raises(FinalError, match="the hot store's limit is"):
        store.write([reading(), reading(1, text="x" * 1_000_000)])
    assert server.calls == 0


@pytest.mark.parametrize(
    ("error", "expected"),
    [(DefaultCredentialsError("none found"), ConfigurationError), (TransportError("no route"), RetryableError)],
    ids=["no-credentials", "no-token-server"],
)
def test_signing_in_fails_like_everything_else(error, expected):
    with pytest.raises(expected, match="topic"), domain_errors("topic"):
        raise error


def test_the_rigs_leave_the_environment_as_it_was(server, store):
    assert "FIRESTORE_EMULATOR_HOST" not in os.environ
