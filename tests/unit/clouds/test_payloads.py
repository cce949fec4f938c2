"""Each cloud's own payload, as it is kept, to the domain and back: what the function sees, what the cloud is told."""

import msgspec
import pytest

from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.envelopes import TRACE, body
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.natives import NATIVES, HubEvent, Native, PubSubEvent, rule_batch
from tests.rigs.payloads import payload
from tests.rigs.readings import flat, reading
from twin2multicloud.clouds.aws import entrypoint as aws
from twin2multicloud.clouds.azure import entrypoint as azure
from twin2multicloud.clouds.gcp import entrypoint as gcp
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.telemetry import values_of
from twin2multicloud.functions.triggers import Function, QueueHandler, RawReading
from twin2multicloud.wire.http import Request, json_response

SAID = {"temperature": 21.5, "humidity": 60, "ts": "2026-01-15T10:30:00Z"}
PUBLISHED = msgspec.json.encode(SAID)


class Seen:
    """A function that keeps what each trigger handed to it."""

    def __init__(self) -> None:
        self.readings: list[RawReading] = []
        self.batches: list[tuple[list, str]] = []
        self.requests: list[Request] = []
        self.runs = 0
        self.dead_letters = RigDeadLetters()
        self.function = Function(
            name="seen",
            reporter=reporter(RigErrorSink()),
            handlers={
                Trigger.DEVICE: self._device,
                Trigger.QUEUE: QueueHandler(self._queue, self.dead_letters, reporter(RigErrorSink())),
                Trigger.HTTP: self._http,
                Trigger.CALL: lambda asked: {"asked": dict(asked)},
                Trigger.SCHEDULE: self._schedule,
            },
        )

    def _device(self, readings):
        self.readings += readings
        return 0

    def _queue(self, messages, trace_id):
        values = [values_of(message.flat) for message in messages]
        if {"bad": True} in values:
            raise RetryableError("bad")
        self.batches.append((values, trace_id))

    def _schedule(self, _):
        self.runs += 1

    def _http(self, request):
        self.requests.append(request)
        return json_response(202, {"status": "received", "id": "..."})


def record(**values) -> bytes:
    return body(payload=[flat(reading({"device_id": "d", **values}))])


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_aws_iot_rule(seen):
    """The rule passes a payload whole. ``SELECT *`` would hand over an object's fields, and fail on a list."""
    batch = rule_batch((PUBLISHED, "sensor-1"), (b"[1]", "sensor-2"))
    assert aws.on_device(seen.function)(batch, None) == {"batchItemFailures": []}
    arrived = "2026-01-15T10:30:00.480Z"
    assert seen.readings == [RawReading(PUBLISHED, "sensor-1", arrived), RawReading(b"[1]", "sensor-2", arrived)]


@pytest.mark.parametrize("body", ["no event", "{}", "[]", '{"body":1,"device_id":"d","received_at":1}'])
def test_aws_what_no_rule_made_comes_again_alone(seen, body):
    batch = rule_batch((PUBLISHED, "sensor-1"))
    batch["Records"].append({"messageId": "other", "body": body})
    assert aws.on_device(seen.function)(batch, None) == {"batchItemFailures": [{"itemIdentifier": "other"}]}
    assert [each.device_id for each in seen.readings] == ["sensor-1"]


def test_azure_iot_hub(seen):
    kept = payload("azure_eventhub_iothub_event")
    azure.on_device(seen.function)([HubEvent(kept["get_body"].encode(), kept["iothub_metadata"])] * 2)
    assert seen.readings == [RawReading(kept["get_body"].encode(), "sensor-1", "2026-01-15T10:30:00.480Z")] * 2


def test_gcp_pubsub(seen):
    class Event:
        data = payload("gcp_cloudevent_pubsub")["body"]

    class Push:
        data = payload("gcp_pubsub_push")

    for event in (Event, Push):
        gcp.on_device(seen.function)(event)
    assert [(each.device_id, each.received_at) for each in seen.readings] == [
        ("sensor-1", "2026-01-15T10:30:00.656Z")
    ] * 2
    assert [msgspec.json.decode(each.body) for each in seen.readings] == [SAID] * 2


def test_gcp_several_publishes_of_one_message(seen):
    body = msgspec.json.encode([("sensor-1", PUBLISHED), ("sensor-2", b"\x00")])
    gcp.on_device(seen.function)(PubSubEvent(body, {"publishes": "2"}))
    assert [(each.device_id, each.body) for each in seen.readings] == [("sensor-1", PUBLISHED), ("sensor-2", b"\x00")]
    assert {each.received_at for each in seen.readings} == {"2026-01-15T10:30:00.656Z"}


def test_a_cloud_that_knows_nothing_of_the_sender(seen):
    azure.on_device(seen.function)([HubEvent(b'{"device_id":"d"}', None)])
    gcp.on_device(seen.function)(PubSubEvent(b'{"device_id":"d"}', {}))
    assert [(reading.body, reading.device_id) for reading in seen.readings] == [(b'{"device_id":"d"}', None)] * 2


def test_aws_function_url_and_its_answer(seen):
    answer = aws.on_http(seen.function)(payload("aws_function_url_request"), None)
    (request,) = seen.requests
    assert (request.method, request.path, msgspec.json.decode(request.body)) == ("POST", "/write", SAID)
    assert request.headers["x-inter-cloud-token"] == "t"
    expected = payload("aws_function_url_response")
    assert set(answer) == set(expected)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (expected["statusCode"], False)
    assert msgspec.json.decode(answer["body"]) == msgspec.json.decode(expected["body"])
    assert {name.lower(): value for name, value in expected["headers"].items()} == answer["headers"]


@pytest.mark.parametrize(
    ("changes", "seen_body"),
    [
        ({"body": '{"é":1}', "isBase64Encoded": False}, '{"é":1}'.encode()),
        ({"body": None}, b""),
        ({"body": ""}, b""),
    ],
)
def test_aws_bodies_of_other_kinds(seen, changes, seen_body):
    aws.on_http(seen.function)({**payload("aws_function_url_request"), **changes}, None)
    assert seen.requests[0].body == seen_body


@pytest.mark.parametrize("broken", ["*", "e30", "é"])
def test_an_aws_body_that_is_not_the_base64_it_says_is_a_400(seen, broken):
    answer = aws.on_http(seen.function)({**payload("aws_function_url_request"), "body": broken}, None)
    assert (answer["statusCode"], seen.requests) == (400, [])


def sqs(*bodies: bytes) -> dict:
    (record,) = payload("aws_sqs_batch")["Records"]
    return {"Records": [{**record, "messageId": f"m-{n}", "body": each.decode()} for n, each in enumerate(bodies, 1)]}


def test_aws_sqs_all_taken(seen):
    answer = aws.on_queue(seen.function)(sqs(record(n=1), record(n=2)), None)
    assert answer == {"batchItemFailures": []}
    assert seen.batches == [([{"n": 1}, {"n": 2}], TRACE)]


def test_aws_sqs_only_what_failed_comes_again(seen):
    records = sqs(record(bad=True), record(n=2))
    assert aws.on_queue(seen.function)(records, None) == payload("aws_sqs_partial_response")
    assert seen.batches == [([{"n": 2}], TRACE)]


def test_aws_sqs_a_record_that_is_no_envelope_is_dead_lettered_and_does_not_come_again(seen):
    assert aws.on_queue(seen.function)(payload("aws_sqs_batch"), None) == {"batchItemFailures": []}
    (letter,) = seen.dead_letters.letters
    assert letter.message.body.decode() == payload("aws_sqs_batch")["Records"][0]["body"]


def test_azure_brings_the_whole_batch_again_where_one_failed(seen):
    events = [HubEvent(record(n=1), None), HubEvent(record(bad=True), None)]
    with pytest.raises(RetryableError, match="1 of 2"):
        azure.on_queue(seen.function)(events)
    assert seen.batches == [([{"n": 1}], TRACE)]
    azure.on_queue(seen.function)(events[:1])
    assert len(seen.batches) == 2


def test_gcp_nacks_by_an_exception(seen):
    with pytest.raises(RetryableError):
        gcp.on_queue(seen.function)(PubSubEvent(record(bad=True), {}))
    gcp.on_queue(seen.function)(PubSubEvent(record(n=1), {}))
    assert seen.batches == [([{"n": 1}], TRACE)]


def test_twinmaker_calls_the_function_with_its_request(seen):
    asked = payload("twinmaker_data_reader_by_entity_request")
    assert aws.on_call(seen.function)(asked, None) == {"asked": asked}


@pytest.mark.parametrize("native", NATIVES.values(), ids=NATIVES)
def test_every_clouds_schedule_starts_the_function_once(seen, native: Native):
    assert native.schedule(seen.function) is None
    assert seen.runs == 1


@pytest.mark.parametrize("native", NATIVES.values(), ids=NATIVES)
def test_a_scheduled_run_that_fails_is_reported_and_reaches_the_cloud_so_that_it_tries_again(native: Native):
    def dark(_):
        raise RetryableError("the cold store is dark")

    errors = RigErrorSink()
    with pytest.raises(RetryableError, match="dark"):
        native.schedule(Function(name="mover", reporter=reporter(errors), handlers={Trigger.SCHEDULE: dark}))
    assert errors.codes == ["delivery-failed"]


def test_an_error_in_the_dispatcher_is_reported_and_reaches_the_cloud_so_that_it_delivers_again():
    def dark(_):
        raise RetryableError("the queue is dark")

    errors = RigErrorSink()
    function = Function(name="dispatcher", reporter=reporter(errors), handlers={Trigger.DEVICE: dark})
    with pytest.raises(RetryableError):
        aws.on_device(function)(rule_batch((b"{}", "sensor-1")), None)
    with pytest.raises(RetryableError):
        azure.on_device(function)([HubEvent(b"{}", None)])
    with pytest.raises(RetryableError):
        gcp.on_device(function)(PubSubEvent(b"{}", {}))
    assert errors.codes == ["delivery-failed"] * 3
