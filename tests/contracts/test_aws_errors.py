"""What AWS answers when it does not do what it was asked, from the wire up: throttling, partial failure, permissions.

moto is never throttled and takes everything, so these answers are put where botocore would open a socket.
"""

import pytest

pytest.importorskip("boto3", reason="the extra aws is not installed")

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from tests.contracts.test_error_sink import event
from tests.rigs import vendor_clients
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.hot_store import delete_between
from tests.rigs.readings import reading as rig_reading
from tests.rigs.vendor_aws_faults import faulty, refusal
from tests.rigs.vendor_hot_stores import create_dynamo_table
from twin2multicloud.clouds.aws import queue
from twin2multicloud.clouds.aws.error_sink import event_bridge_sink
from twin2multicloud.clouds.aws.hot_store import BATCH, DynamoTable
from twin2multicloud.clouds.aws.secrets import SecretsManagerSecrets
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.ports.hot_store import RangeQuery
from twin2multicloud.stores.sorted_hot_store import SortedHotStore

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
URL = "https://sqs.rig.example/123456789012/house-processor"
QUERY = RangeQuery(
    device_id="d",
    start="0001-01-01T00:00:00.000Z",
    end="9999-12-31T23:59:59.999Z",
    properties=("t",),
    limit=10_000,
)


def reading(number: int = 0, **more) -> Reading:
    stamp = f"2026-01-15T10:{number // 60:02}:{number % 60:02}.000Z"
    return rig_reading({"device_id": "d", "timestamp": stamp, "message_id": f"m{number}", "t": number, **more})


@pytest.fixture
def dynamo():
    with faulty("dynamodb") as (client, faults):
        name = vendor_clients.unique("hot-store")
        create_dynamo_table(name)
        clock = RigClock()
        faults.asked.clear()
        yield SortedHotStore(DynamoTable(client, name, clock, RigChance())), faults, clock, name


@pytest.fixture
def sqs():
    with faulty("sqs") as (client, faults):
        yield queue.queues(client, RigClock(), RigChance()), faults


RETRYABLE = [
    refusal(400, "ProvisionedThroughputExceededException"),
    refusal(400, "ThrottlingException"),
    refusal(400, "RequestLimitExceeded"),
    refusal(500, "InternalServerError"),
    refusal(503, "ServiceUnavailable"),
    ConnectTimeoutError(endpoint_url="https://rig"),
    ReadTimeoutError(endpoint_url="https://rig"),
    EndpointConnectionError(endpoint_url="https://rig"),
]
CONFIGURATION = [
    refusal(400, "AccessDeniedException"),
    refusal(400, "ResourceNotFoundException"),
    refusal(400, "UnrecognizedClientException"),
    refusal(403, "ExpiredTokenException"),
]
ANSWERS = [
    *[(fault, RetryableError) for fault in RETRYABLE],
    *[(fault, ConfigurationError) for fault in CONFIGURATION],
    (refusal(400, "ValidationException"), FinalError),
]


def logged_by(client) -> list[str]:
    lines: list[str] = []
    event_bridge_sink(lambda: client, "errors", lines.append).report(event())
    return lines


def said(fault) -> str:
    return fault[1]["__type"].split("#")[1] if isinstance(fault, tuple) else type(fault).__name__


@pytest.mark.parametrize(("fault", "expected"), ANSWERS, ids=[said(fault) for fault, _ in ANSWERS])
class TestEveryAnswer:
    def test_of_dynamodb_to_a_write(self, dynamo, fault, expected):
        store, faults, *_ = dynamo
        faults.faults = [fault]
        with pytest.raises(expected, match="hot store"):
            store.write([reading()])

    def test_of_dynamodb_to_a_query(self, dynamo, fault, expected):
        store, faults, *_ = dynamo
        faults.faults = [fault]
        with pytest.raises(expected, match="hot store"):
            store.range(QUERY)

    def test_of_dynamodb_to_the_last_entry(self, dynamo, fault, expected):
        store, faults, *_ = dynamo
        faults.faults = [fault]
        with pytest.raises(expected, match="hot store"):
            store.last("d", ("t",))

    def test_of_dynamodb_to_a_deletion(self, dynamo, fault, expected):
        store, faults, *_ = dynamo
        store.write([reading()])
        faults.faults = [None, fault]  # the page of what there is comes first
        with pytest.raises(expected, match="hot store"):
            delete_between(store, "d", QUERY.start, QUERY.end)
        assert delete_between(store, "d", QUERY.start, QUERY.end) == 1, "the same call again does the rest"

    def test_of_sqs(self, sqs, fault, expected):
        invoker, faults = sqs
        faults.faults = [fault]
        with pytest.raises(expected, match="house-processor"):
            invoker.invoke(URL, [reading()], TRACE)

    def test_of_secrets_manager(self, fault, expected):
        with faulty("secretsmanager") as (client, faults):
            faults.faults = [fault]
            with pytest.raises(expected, match="token"):
                SecretsManagerSecrets(lambda: client).read("token")

    def test_of_eventbridge_is_a_line_in_the_log(self, fault, expected):
        """Reporting never makes a function fail, whatever the kind of error."""
        with faulty("events") as (client, faults):
            faults.faults = [fault]
            (line,) = logged_by(client)
            assert "invalid-telemetry" in line
            assert "error topic errors: " in line


def unprocessed(table: str, *numbers: int):
    """A batch that was written but for some puts."""
    item = {"device_id": {"S": "d"}, "name": {"S": "m"}, "values": {"M": {"t": {"N": "1"}}}}
    requests = [
        {"PutRequest": {"Item": {**item, "sort_key": {"S": f"2026-01-15T10:00:{each:02}.000Zm"}}}} for each in numbers
    ]
    return 200, {"UnprocessedItems": {table: requests}}


def test_only_what_was_unprocessed_is_written_again(dynamo):
    store, faults, clock, table = dynamo
    faults.faults = [unprocessed(table, 3, 5), unprocessed(table, 5)]
    store.write([reading(number) for number in range(7)])
    sizes = [len(asked["RequestItems"][table]) for asked in faults.asked]
    assert sizes == [8, 2, 1]  # seven readings and the note of their property; then what came back
    assert len(clock.sleeps) == 2
    assert clock.sleeps[1] > clock.sleeps[0]
    assert [row.key.timestamp for row in store.range(QUERY)] == ["2026-01-15T10:00:05.000Z"]


def test_only_what_was_left_is_deleted_again(dynamo):
    store, faults, clock, table = dynamo
    store.write([reading(number) for number in range(4)])
    faults.asked.clear()
    left = {"DeleteRequest": {"Key": {"device_id": {"S": "d"}, "sort_key": {"S": "2026-01-15T10:00:02.000Zm2"}}}}
    faults.faults = [None, (200, {"UnprocessedItems": {table: [left]}})]
    assert delete_between(store, "d", QUERY.start, QUERY.end) == 4
    assert [asked["RequestItems"][table] for asked in faults.asked[2:]] == [[left]]
    assert len(clock.sleeps) == 1


def test_patience_with_a_throttled_table_ends(dynamo):
    store, faults, clock, table = dynamo
    faults.faults = [unprocessed(table, 0)] * 20
    with pytest.raises(RetryableError, match="unprocessed"):
        store.write([reading()])
    assert sum(clock.sleeps) < 10


def test_a_batch_holds_no_more_than_dynamodb_takes(dynamo):
    """moto takes 26; DynamoDB does not."""
    store, faults, _, table = dynamo
    store.write([reading(number) for number in range(60)])
    sizes = [len(asked["RequestItems"][table]) for asked in faults.asked]
    assert max(sizes) == BATCH
    assert sum(sizes) == 61


def test_a_reading_that_no_item_can_hold_is_final_and_nothing_is_written(dynamo):
    store, faults, *_ = dynamo
    with pytest.raises(FinalError, match="the hot store's limit is"):
        store.write([reading(), reading(1, text="x" * 400_000)])
    assert faults.asked == []


def test_pages_of_a_megabyte_are_put_together(dynamo):
    """Twelve rows of 300 KB are three pages to DynamoDB (and to moto)."""
    store, faults, *_ = dynamo
    store.write([reading(number, text="x" * 300_000) for number in range(12)])
    before = len(faults.asked)
    assert [row.values["t"] for row in store.range(QUERY)] == list(range(12))
    assert len(faults.asked) - before > 2


def partly(*codes: str):
    failed = [
        {"Id": str(index), "SenderFault": code.startswith("Invalid"), "Code": code, "Message": "told so"}
        for index, code in enumerate(codes)
    ]
    return 200, {"Successful": [], "Failed": failed}


def test_a_batch_that_sqs_took_in_part_comes_again(sqs):
    invoker, faults = sqs
    faults.faults = [partly("InternalError")]
    with pytest.raises(RetryableError, match="InternalError"):
        invoker.invoke(URL, [reading()], TRACE)
    faults.faults = [partly("InvalidMessageContents", "ServiceUnavailable")]
    with pytest.raises(RetryableError):
        invoker.invoke(URL, [reading()], TRACE)
    faults.faults = [partly("InvalidMessageContents")]
    with pytest.raises(FinalError):
        invoker.invoke(URL, [reading()], TRACE)


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure"])
def test_an_event_that_the_bus_did_not_take_is_logged(code):
    """PutEvents answers 200, and says of each entry whether it was taken."""
    with faulty("events") as (client, faults):
        faults.faults = [(200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "told so"}]})]
        (line,) = logged_by(client)
    assert f"(not reported: {code}: told so)" in line


def test_characters_that_sqs_refuses_are_sent_as_escapes(sqs):
    invoker, faults = sqs
    faults.faults = [(200, {"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "0" * 32}]})]
    invoker.invoke(URL, [reading(text="a\ufffe\uffff\x01b")], TRACE)
    (entry,) = faults.asked[0]["Entries"]
    assert "\ufffe" not in entry["MessageBody"]
    assert "\\ufffe\\uffff\\u0001" in entry["MessageBody"]


def test_requests_hold_no_more_than_sqs_takes(sqs):
    invoker, faults = sqs
    faults.faults = [refusal(503, "ServiceUnavailable")]
    with pytest.raises(RetryableError):
        invoker.invoke(URL, [reading(number, text="x" * 300_000) for number in range(9)], TRACE)
    (asked,) = faults.asked
    assert sum(len(entry["MessageBody"]) for entry in asked["Entries"]) <= 1_048_576


def test_a_queue_that_is_no_url_is_the_configurations_fault():
    letters = queue.queues(vendor_clients.aws("sqs"), RigClock(), RigChance()).dead_letters("house-dead-letters")
    with pytest.raises(ConfigurationError, match="URL"):
        letters.put([DeadLetter(reading(), "why")])
